// What this server serves itself has APIServices too, made by the server: for what is built in at its start, for custom resources as
// their definitions come and go.
import { apiService as apiServiceKind, customResourceDefinition, type APIService, type CustomResourceDefinition } from '#kinds'
import { same, type ApiHandler, type Log } from '#machinery'
import { systemUser } from '../system-user.ts'
import type { ObjectReader } from '../object-reader.ts'
import type { Registry } from '../served.ts'
import type { ApiServices } from './api-services.ts'
import { priorityOf } from './priorities.ts'

const managed = 'kube-aggregator.kubernetes.io/automanaged'
/** `onstart`: kept at every start, and only then; `true`: always. */
type Manner = 'onstart' | 'true'
export type Step = { readonly method: 'POST' | 'PUT'; readonly object: object } | { readonly method: 'DELETE'; readonly uid: string | undefined } | undefined

/** What to do about one APIService. Those that somebody made by hand are left alone. */
export function plan(group: string, version: string, manner: Manner | undefined, there: APIService | undefined): Step {
  const label = there?.metadata.labels?.[managed]
  if (there && (label !== 'onstart' && label !== 'true')) return undefined
  if (manner === undefined) return there && label === 'true' ? { method: 'DELETE', uid: there.metadata.uid } : undefined
  const spec = { group, version, ...priorityOf(group, version) }
  if (!there) return { method: 'POST', object: { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: `${version}.${group}`, labels: { [managed]: manner } }, spec: given(spec) } }
  return same(there.spec, given(spec)) ? undefined : { method: 'PUT', object: { ...there, spec: given(spec) } }
}
/** The core group's name is empty: it is left out. */
const given = ({ group, ...rest }: { group: string; version: string; groupPriorityMinimum: number; versionPriority: number }) => ({ ...(group && { group }), ...rest })

export interface RegisterOptions { readonly services: ApiServices; readonly registry: Registry; readonly objects: ObjectReader; readonly handler: ApiHandler; readonly log: Log }

/** Resolves when everything built in is registered. */
export async function registerBuiltIn(options: RegisterOptions): Promise<void> {
  const { registry, services } = options
  const own = registry.groups().filter(({ name }) => registry.isBuiltIn(name) && name !== apiServiceKind.group)
  await Promise.all(own.flatMap(({ name: group, versions }) => versions.map((version) => carryOut(options, `${version}.${group}`, plan(group, version, 'onstart', services.get(`${version}.${group}`))))))
}

/** Keeps those of custom resources from now on. Returns a function that stops. */
export function registerCustom(options: RegisterOptions): () => void {
  const { objects, services, registry } = options
  /** How many definitions serve each version. */
  const wanted = new Map<string, number>()
  const count = (definition: CustomResourceDefinition | undefined, by: number, touched: Set<string>) => {
    for (const { name, served } of definition?.spec.versions ?? []) {
      if (!served) continue
      const key = `${name}.${definition!.spec.group}`
      wanted.set(key, (wanted.get(key) ?? 0) + by)
      touched.add(key)
    }
  }
  const settle = (name: string) => {
    const at = name.indexOf('.'), version = name.slice(0, at), group = name.slice(at + 1)
    if (registry.isBuiltIn(group)) return
    const isWanted = (wanted.get(name) ?? 0) > 0
    if (!isWanted) wanted.delete(name)
    void carryOut(options, name, plan(group, version, isWanted ? 'true' : undefined, services.get(name)))
  }
  const stopDefinitions = objects.follow(customResourceDefinition, ({ object, old }) => {
    const touched = new Set<string>()
    count(old, -1, touched)
    count(object, 1, touched)
    for (const name of touched) settle(name)
  })
  // Left over from definitions that went while the server was down; and those that somebody takes away come back.
  for (const { metadata } of [...services.all()]) if (metadata.labels?.[managed] === 'true' && !wanted.has(metadata.name)) settle(metadata.name)
  const stopServices = services.listen((name, service) => { if ((wanted.get(name) ?? 0) > 0 || service?.metadata.labels?.[managed] === 'true') settle(name) })
  return () => { stopDefinitions(); stopServices() }
}

async function carryOut({ handler, log }: RegisterOptions, name: string, step: Step): Promise<void> {
  if (!step) return
  const base = '/apis/apiregistration.k8s.io/v1/apiservices', { method } = step
  const object = step.method === 'DELETE' ? { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: step.uid } } : step.object
  const answer = await handler({ method, path: method === 'POST' ? base : `${base}/${name}`, query: 'fieldManager=kube-apiserver', headers: {}, body: { object }, user: systemUser, direct: true })
  // Another server may have been quicker, and the next change comes anyway.
  if (answer.status >= 400 && ![404, 409].includes(answer.status)) log.warn('an APIService was not written', { name, status: answer.status })
}
