// Bootstrap tokens beside authentication: those that are over are removed, and those that may sign the cluster's public face, so that a new
// node that knows a token can believe it (kubeadm join).
import { watching, type Controller } from '#client'
import { configMap, secret, type ConfigMap, type Secret } from '#kinds'
import { parseTime } from '#machinery'

const type = 'bootstrap.kubernetes.io/token'
const here = 'kube-system', publicPlace = { namespace: 'kube-public', name: 'cluster-info' }
const signaturePrefix = 'jws-kubeconfig-'

/** HMAC-SHA-256. */
export type Mac = (key: Uint8Array, data: Uint8Array) => Uint8Array

const isToken = (object: Secret): boolean => object.type === type && object.metadata.namespace === here
const text = ({ data }: Secret, key: string): string => (data?.[key] === undefined ? '' : atob(data[key]))

/** Removes bootstrap tokens at their end. */
export const tokenCleaner: Controller<Secret> = {
  name: 'token-cleaner', for: secret, concerns: ({ object }) => isToken(object),
  async reconcile(object, cluster) {
    const end = endOf(object)
    if (!isToken(object) || end === undefined) return
    const left = end - cluster.clock.now()
    if (left > 0) return { againIn: left }
    await cluster.delete(secret, object)
  },
}
/** An end that cannot be read has passed. */
function endOf(object: Secret): number | undefined {
  const given = text(object, 'expiration')
  if (given === '') return undefined
  try { return parseTime(given) } catch { return 0 }
}

/** Signs the kubeconfig in kube-public/cluster-info with every token that is meant for it. */
export const bootstrapSigner = (mac: Mac): Controller<ConfigMap> => ({
  name: 'bootstrap-signer', for: configMap, reads: [secret],
  concerns: ({ object }) => object.metadata.namespace === publicPlace.namespace && object.metadata.name === publicPlace.name,
  watches: [watching(secret, (object) => (isToken(object) ? [publicPlace] : []))],
  async reconcile(object, cluster) {
    const data = signed(object.data ?? {}, cluster.list(secret, { namespace: here }).filter(isToken), cluster.clock.now(), mac)
    if (data) await cluster.update(configMap, { ...object, data })
  },
})

/** The data with the signatures that belong there; undefined when they are there, or there is nothing to sign. */
export function signed(data: Readonly<Record<string, string>>, tokens: readonly Secret[], now: number, mac: Mac): Record<string, string> | undefined {
  const { kubeconfig } = data
  if (kubeconfig === undefined) return undefined
  const next = Object.fromEntries(Object.entries(data).filter(([key]) => !key.startsWith(signaturePrefix)))
  for (const token of tokens) {
    const id = text(token, 'token-id'), end = endOf(token)
    if (token.metadata.name !== `bootstrap-token-${id}` || text(token, 'token-secret') === '' || text(token, 'usage-bootstrap-signing') !== 'true' ||
      (end !== undefined && end < now)) continue
    next[signaturePrefix + id] = detached(kubeconfig, id, text(token, 'token-secret'), mac)
  }
  const keys = Object.keys(next)
  return keys.length === Object.keys(data).length && keys.every((key) => next[key] === data[key]) ? undefined : next
}

/** A JSON Web Signature without its content (RFC 7515 appendix F). */
function detached(content: string, id: string, secretText: string, mac: Mac): string {
  const utf8 = new TextEncoder(), url = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  const head = url(utf8.encode(JSON.stringify({ alg: 'HS256', kid: id })))
  return `${head}..${url(mac(utf8.encode(secretText), utf8.encode(`${head}.${url(utf8.encode(content))}`)))}`
}
