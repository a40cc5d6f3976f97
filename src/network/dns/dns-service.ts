import type { Service } from '#kinds'
import type { New } from '#machinery'

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
