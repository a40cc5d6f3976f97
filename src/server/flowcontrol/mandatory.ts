// What flow control stands on, whether or not it is stored: without these nobody would be let in, or nobody would come to mend it.
import type { FlowSchema, PriorityLevelConfiguration } from '#kinds'
import defaults from '../bootstrap/objects.json' with { type: 'json' }

const group = 'flowcontrol.apiserver.k8s.io/v1'
const mandatory = ['exempt', 'catch-all']
const of = <T>(kind: string): T[] => (defaults as readonly { readonly apiVersion: string; readonly kind: string }[]).filter((o) => o.apiVersion === group && o.kind === kind) as readonly object[] as T[]

/** Every FlowSchema and level that a new cluster has. */
export const bootstrapSchemas: readonly FlowSchema[] = of<FlowSchema>('FlowSchema')
export const bootstrapLevels: readonly PriorityLevelConfiguration[] = of<PriorityLevelConfiguration>('PriorityLevelConfiguration')
export const isMandatory = (name: string): boolean => mandatory.includes(name)
export const mandatorySchemas: readonly FlowSchema[] = bootstrapSchemas.filter(({ metadata: { name } }) => isMandatory(name))
export const mandatoryLevels: readonly PriorityLevelConfiguration[] = bootstrapLevels.filter(({ metadata: { name } }) => isMandatory(name))
