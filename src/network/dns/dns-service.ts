import type { Client } from '#client'
import { service, type Service } from '#kinds'
import { is, type New } from '#machinery'

/**
 * The Service under which a cluster's DNS is known to people and programs; it also keeps anybody else from getting the
 * address. It selects nothing: each node answers at the address itself (server.ts). Whoever runs another DNS gives it a
 * selector, and the dataplane sends packets there.
 */
export const dnsService = (address: string): New<Service> => ({
  metadata: {
    name: 'kube-dns', namespace: 'kube-system',
    labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
  },
  spec: {
    type: 'ClusterIP', clusterIP: address, clusterIPs: [address],
    ports: [{ name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 }, { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 }],
  },
})

/** Makes it in a cluster that has none of that name; one that is there is left alone, whatever it is. Rejects with ApiError, also when somebody else has the address. */
export async function ensureDnsService(client: Client, address: string): Promise<void> {
  const wanted = dnsService(address)
  try {
    await client.get(service, { name: 'kube-dns', namespace: 'kube-system' })
  } catch (error) {
    if (!is(error, 'NotFound')) throw error
    await client.create(service, wanted).catch((error: unknown) => { if (!is(error, 'AlreadyExists')) throw error })
  }
}
