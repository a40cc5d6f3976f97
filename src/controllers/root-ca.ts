import { watching, type Cluster, type Controller } from '#client'
import { configMap, namespace, type Namespace } from '#kinds'
import { ApiError, is } from '#machinery'
import { noFigures } from './figures.ts'

const name = 'kube-root-ca.crt'
const annotation = 'kubernetes.io/description'
const description = 'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/** Every namespace has a config map with the certificate (PEM) that pods trust the API server by. */
export const rootCaPublisher = (rootCa: string, figures = noFigures): Controller<Namespace> => ({
  name: 'root-ca-certificate-publisher', identity: 'root-ca-cert-publisher', for: namespace,
  watches: [watching(configMap, ({ metadata }) => (metadata.name === name ? [{ name: metadata.namespace ?? '' }] : []))],

  async reconcile(ns, cluster) {
    const begun = cluster.clock.now(), ended = (code: number) => { figures.rootCaPublished(code, cluster.clock.now() - begun) }
    try { await publish(ns, rootCa, cluster) } catch (error) {
      ended(error instanceof ApiError ? error.status.code ?? 500 : 500)
      throw error
    }
    ended(200)
  },
})

async function publish(ns: Namespace, rootCa: string, cluster: Cluster): Promise<void> {
  if (ns.metadata.deletionTimestamp || ns.status.phase === 'Terminating') return
  const target = { name, namespace: ns.metadata.name }
  const there = cluster.get(configMap, target), data = { 'ca.crt': rootCa }
  if (!there) {
    try { await cluster.create(configMap, { metadata: { ...target, annotations: { [annotation]: description } }, data }) } catch (error) { if (!is(error, 'AlreadyExists')) throw error }
  } else if (there.data?.['ca.crt'] !== rootCa || Object.keys(there.data).length !== 1 || there.metadata.annotations?.[annotation] !== description)
    await cluster.update(configMap, { ...there, metadata: { ...there.metadata, annotations: { ...there.metadata.annotations, [annotation]: description } }, data })
}
