// ResourceQuota: no more in a namespace than it may have.
import { measureOf, resourceQuota, type ResourceQuota } from '#kinds'
import { qualified, type AnyObject, type ApiHandler, type Clock } from '#machinery'
import { expectKind, type PluginConfiguration } from '../configuration.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { ByNamespace } from '../by-namespace.ts'
import type { LimitedResource } from './charge.ts'
import { QuotaLedger } from './ledger.ts'

const ignored = new Set(['events', 'events.events.k8s.io'])
const kindsByVersion: Readonly<Record<string, string>> = { 'apiserver.config.k8s.io/v1': 'ResourceQuotaConfiguration', 'resourcequota.admission.k8s.io/v1beta1': 'Configuration', 'resourcequota.admission.k8s.io/v1alpha1': 'Configuration' }

export function resourceQuotaPlugin({ clock, api }: { readonly clock: Clock; readonly api: ApiHandler }, configuration: PluginConfiguration | undefined): AdmissionPlugin {
  const limited = limitedResources(configuration), ledger = new QuotaLedger(api), quotas = new ByNamespace<ResourceQuota>()
  return {
    name: 'ResourceQuota',
    handles: (operation, kind, subresource) => (operation === 'CREATE' || operation === 'UPDATE') && kind.namespaced && !ignored.has(qualified(kind))
      && (subresource === '' || (subresource === 'resize' && qualified(kind) === 'pods')) && measureOf(kind).counts(operation, subresource),
    begin: ({ objects }) => quotas.follow(objects, resourceQuota),
    idle: () => limited.length === 0 && quotas.isEmpty,
    validate(attributes) {
      if (limited.length === 0 && quotas.in(attributes.namespace).length === 0) return
      const { object, old, subresource } = attributes, measure = measureOf(attributes.kind)
      if (old && subresource === '' && measure.updatesOnlyMove && !measure.moves?.(object as AnyObject, old as AnyObject)) return
      return ledger.charge({ attributes, measure, limited, now: clock.now() })
    },
  }
}

function limitedResources(configuration: PluginConfiguration | undefined): readonly LimitedResource[] {
  if (!configuration) return []
  expectKind(configuration, 'ResourceQuota', kindsByVersion[String(configuration.value['apiVersion'])] ?? 'ResourceQuotaConfiguration', Object.keys(kindsByVersion))
  const list = (configuration.value['limitedResources'] ?? []) as readonly LimitedResource[]
  for (const [i, { resource }] of list.entries()) if (!resource) throw new Error(`${configuration.file}: limitedResources[${i}].resource: Required value`)
  return list
}
