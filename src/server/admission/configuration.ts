// --admission-control-config-file: what single plugins are told (AdmissionConfiguration, apiserver.config.k8s.io/v1).
import { beside, type ReadFile } from '../kubeconfig-target.ts'
import { readYaml } from '../yaml.ts'

/** A plugin's configuration as it was written, and the file that it stands in (relative names in it start there). */
export interface PluginConfiguration { readonly value: Readonly<Record<string, unknown>>; readonly file: string }
export type PluginConfigurations = ReadonlyMap<string, PluginConfiguration>

const versions = ['apiserver.config.k8s.io/v1', 'apiserver.k8s.io/v1alpha1']
interface Entry { readonly name?: string; readonly path?: string; readonly configuration?: unknown }

/** Reads the file and those it refers to. Throws an Error that names the file and what is wrong with it. */
export function readAdmissionConfiguration(file: string, read: ReadFile): PluginConfigurations {
  const { kind, apiVersion, plugins } = document(file, read) as { kind?: string; apiVersion?: string; plugins?: readonly Entry[] }
  if (kind !== 'AdmissionConfiguration' || !versions.includes(apiVersion ?? '')) throw new Error(`${file}: expected kind AdmissionConfiguration of ${versions[0]}, found ${kind ?? ''} of ${apiVersion ?? ''}`)
  const out = new Map<string, PluginConfiguration>()
  for (const { name = '', path, configuration } of plugins ?? []) {
    if (out.has(name)) throw new Error(`${file}: ${name} is configured twice`)
    if (configuration !== undefined && configuration !== null) out.set(name, { value: configuration as Record<string, unknown>, file })
    else if (path) { const at = beside(file, path); out.set(name, { value: document(at, read), file: at }) }
  }
  return out
}

function document(file: string, read: ReadFile): Record<string, unknown> {
  const { value, error } = readYaml(read(file))
  if (error !== undefined) throw new Error(`${file}: ${error}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${file}: expected an object`)
  return value as Record<string, unknown>
}

/** Refuses a configuration of another kind or version. Throws an Error. */
export function expectKind({ value, file }: PluginConfiguration, plugin: string, kind: string, apiVersions: readonly string[]): void {
  if (value['kind'] !== kind || !apiVersions.includes(String(value['apiVersion'])))
    throw new Error(`${file}: the configuration of ${plugin} is ${value['kind']} of ${value['apiVersion']}; expected ${kind} of ${apiVersions.join(' or ')}`)
}
