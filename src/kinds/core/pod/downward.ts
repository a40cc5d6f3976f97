// References from a pod to its own fields and resources (the downward API).
import { invalidValue, isQualifiedName, notSupported, parseQuantity, requiredValue, type FieldError } from '#machinery'
import { byCodeUnit } from '../../cells.ts'
import type { ObjectFieldSelector, ResourceFieldSelector } from '../references.ts'

/** Fields that v1 knows by these names; the last is an older name of spec.nodeName. */
const known = new Set(['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.restartPolicy',
  'spec.serviceAccountName', 'spec.schedulerName', 'status.phase', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs', 'spec.host'])

export function validateFieldRef({ apiVersion, fieldPath }: ObjectFieldSelector, supported: readonly string[], at: string): FieldError[] {
  if (!apiVersion) return [requiredValue(`${at}.apiVersion`)]
  if (!fieldPath) return [requiredValue(`${at}.fieldPath`)]
  const [, subscripted, key] = /^(.+?)\['(.*)'\]$/.exec(fieldPath) ?? []
  const refuse = (why: string) => [invalidValue(`${at}.fieldPath`, fieldPath, `error converting fieldPath: ${why}`)]
  if (apiVersion !== 'v1') return refuse(`unsupported pod version: ${apiVersion}`)
  if (subscripted !== undefined) {
    if (subscripted !== 'metadata.annotations' && subscripted !== 'metadata.labels') return refuse(`field label does not support subscript: ${fieldPath}`)
    return isQualifiedName(subscripted === 'metadata.annotations' ? key!.toLowerCase()
      : key!).map((why) => invalidValue(at, subscripted === 'metadata.annotations' ? key!.toLowerCase() : key, why))
  }
  if (!known.has(fieldPath)) return refuse(`field label not supported: ${fieldPath}`)
  const path = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath
  return supported.includes(path) ? [] : [notSupported(`${at}.fieldPath`, path, [...supported].sort(byCodeUnit))]
}

const resources = ['limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory']
const bytes = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']
const divisors: readonly (readonly [prefix: RegExp, values: readonly string[], text: string])[] = [
  [/^(limits|requests)\.cpu$/, ['1m', '1'], "only divisor's values 1m and 1 are supported with the cpu resource"],
  [/^(limits|requests)\.memory$/, bytes, `only divisor's values ${bytes.join(', ')} are supported with the memory resource`],
  [/^(limits|requests)\.ephemeral-storage$/, bytes, `only divisor's values ${bytes.join(', ')} are supported with the local ephemeral storage resource`],
  [/^(limits|requests)\.hugepages-/, bytes, `only divisor's values ${bytes.join(', ')} are supported with the hugepages resource`],
]
export function validateResourceFieldRef({ containerName, resource, divisor }: ResourceFieldSelector, at: string, inVolume: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (inVolume && !containerName) errors.push(requiredValue(`${at}.containerName`))
  else if (!resource) errors.push(requiredValue(`${at}.resource`))
  else if (!resources.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) errors.push(notSupported(`${at}.resource`, resource, resources))
  if (divisor === undefined || parseQuantity(divisor).nano === 0n) return errors
  const rule = divisors.find(([prefix]) => prefix.test(resource))
  if (rule && !rule[1].includes(divisor)) errors.push(invalidValue(`${at}.divisor`, resource, rule[2]))
  return errors
}
