// PodSecurityConfiguration (pod-security.admission.config.k8s.io): what holds where a namespace says nothing, and who is left alone.
import { quote } from '#machinery'
import { expectKind, type PluginConfiguration } from '../configuration.ts'
import { freePolicy, levels, versionOf, type Level, type LevelVersion, type Policy } from './policy.ts'

export interface Exemptions { readonly usernames: readonly string[]; readonly namespaces: readonly string[]; readonly runtimeClasses: readonly string[] }
const versions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `pod-security.admission.config.k8s.io/${version}`)

/** Throws an Error that names the file and the field. */
export function podSecurityConfiguration(configuration: PluginConfiguration | undefined): { readonly defaults: Policy; readonly exemptions: Exemptions } {
  if (!configuration) return { defaults: freePolicy, exemptions: { usernames: [], namespaces: [], runtimeClasses: [] } }
  expectKind(configuration, 'PodSecurity', 'PodSecurityConfiguration', versions)
  const { defaults = {}, exemptions = {} } = configuration.value as { defaults?: Readonly<Record<string, string>>; exemptions?: Partial<Exemptions> }
  const mode = (name: keyof Policy): LevelVersion => {
    const level = defaults[name] || 'privileged', version = versionOf(defaults[`${name}-version`] || 'latest')
    if (!levels.some((l) => l === level)) throw new Error(`${configuration.file}: defaults.${name}: Invalid value: ${quote(level)}: must be one of ${levels.join(', ')}`)
    if (version === undefined) throw new Error(`${configuration.file}: defaults.${name}-version: Invalid value: ${quote(defaults[`${name}-version`] ?? '')}: must be "latest" or "v1.x"`)
    return { level: level as Level, version }
  }
  return {
    defaults: { enforce: mode('enforce'), audit: mode('audit'), warn: mode('warn') },
    exemptions: { usernames: exemptions.usernames ?? [], namespaces: exemptions.namespaces ?? [], runtimeClasses: exemptions.runtimeClasses ?? [] },
  }
}
