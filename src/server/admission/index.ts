// The admission plugins that there are, in the order they run (--enable-admission-plugins and --disable-admission-plugins choose among them).
import type { Random } from '#machinery'
import type { AdmissionPlugin } from './admission.ts'
import { defaultIngressClass, defaultStorageClass } from './default-classes.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { priority } from './priority.ts'
import { runtimeClassPlugin } from './runtime-class.ts'
import { serviceAccountPlugin } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-in-use.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'

export interface AdmissionOptions {
  readonly random: Random
  /** --default-not-ready-toleration-seconds, --default-unreachable-toleration-seconds; 300 each. */
  readonly tolerationSeconds?: { readonly notReady: number; readonly unreachable: number }
  readonly enable?: readonly string[]
  readonly disable?: readonly string[]
}

/** Plugins that run unless they are disabled. NodeRestriction is on here by default: nothing good comes of a node without it. */
const onByDefault = new Set(['NamespaceLifecycle', 'LimitRanger', 'ServiceAccount', 'TaintNodesByCondition', 'Priority', 'DefaultTolerationSeconds', 'DefaultStorageClass',
  'StorageObjectInUseProtection', 'RuntimeClass', 'DefaultIngressClass', 'NodeRestriction'])

/** The plugins of a server. Throws an Error that names a plugin that does not exist. */
export function admissionPlugins({ random, tolerationSeconds = { notReady: 300, unreachable: 300 }, enable = [], disable = [] }: AdmissionOptions): AdmissionPlugin[] {
  const all = [namespaceLifecycle, limitRanger, serviceAccountPlugin(random), taintNodesByCondition, nodeRestriction, priority, defaultTolerationSeconds(tolerationSeconds),
    defaultStorageClass, storageObjectInUseProtection, runtimeClassPlugin, defaultIngressClass]
  const known = new Set(all.map((p) => p.name))
  for (const name of [...enable, ...disable]) if (!known.has(name)) throw new Error(`there is no admission plugin "${name}"; there are ${[...known].sort().join(', ')}`)
  return all.filter((p) => (onByDefault.has(p.name) || enable.includes(p.name)) && !disable.includes(p.name))
}
