// Every service address has an IPAddress object (networking.k8s.io/v1) that points back at its service, and goes with it.
import { ipAddress, service, type Service } from '#kinds'
import type { ApiHandler, Log } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { parseIPv4 } from '../services/addresses.ts'
import { systemUser } from '../system-user.ts'

/** Follows services from now on. Returns a stop function. */
export function keepIpAddresses({ objects, handler, log }: { objects: ObjectReader; handler: ApiHandler; log: Log }): () => void {
  const base = '/apis/networking.k8s.io/v1/ipaddresses'
  const send = (method: 'POST' | 'DELETE', path: string, object?: object) => {
    void handler({ method, path, query: object ? 'fieldManager=kube-apiserver' : '', headers: {}, body: object && { object }, user: systemUser, direct: true })
      .then((answer) => { if (answer.status >= 400 && answer.status !== 409 && answer.status !== 404) log.warn('an IPAddress was not written', { path, status: answer.status }) })
  }
  const held = (s: Service | undefined) => (s?.spec?.clusterIPs ?? []).filter((ip) => parseIPv4(ip) !== undefined)
  return objects.follow(service, ({ object, old }) => {
    const before = held(old), now = held(object), { name, namespace } = (object ?? old!).metadata
    for (const ip of now) {
      if (before.includes(ip) || objects.get(ipAddress, ip)) continue
      send('POST', base, { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress',
        metadata: { name: ip, labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
        spec: { parentRef: { resource: 'services', namespace, name } } })
    }
    for (const ip of before) if (!now.includes(ip)) send('DELETE', `${base}/${ip}`)
  })
}
