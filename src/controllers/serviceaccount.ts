import { watching, type Controller } from '#client'
import { namespace, serviceAccount, type Namespace } from '#kinds'
import { is } from '#machinery'

/** Every namespace has a service account named "default". */
export const serviceAccountController: Controller<Namespace> = {
  name: 'serviceaccount', identity: 'service-account-controller', for: namespace,
  watches: [watching(serviceAccount, (account) => (account.metadata.name === 'default' ? [{ name: account.metadata.namespace ?? '' }] : []))],

  async reconcile(ns, cluster) {
    if (ns.metadata.deletionTimestamp || ns.status.phase === 'Terminating') return
    const target = { name: 'default', namespace: ns.metadata.name }
    if (cluster.get(serviceAccount, target)) return
    try { await cluster.create(serviceAccount, { metadata: target }) } catch (error) { if (!is(error, 'AlreadyExists')) throw error }
  },
}
