// LimitRange: what a container, pod or claim asks for when it says nothing, and the least and most it may ask for.
import { limitRange, podLimits, podRequests, type Container, type LimitRange, type LimitRangeItem, type PersistentVolumeClaim, type Pod } from '#kinds'
import { compareQuantities, quantityMilli } from '#machinery'
import { on, refusal, type AdmissionAttributes, type AdmissionPlugin } from './admission.ts'
import { ByNamespace } from './by-namespace.ts'

type Amounts = Record<string, string>
const annotation = 'kubernetes.io/limit-ranger'

export function limitRanger(): AdmissionPlugin {
  const ranges = new ByNamespace<LimitRange>()
  return {
    name: 'LimitRanger',
    handles: (operation, kind, subresource) => on(['CREATE'], 'pods')(operation, kind, subresource) || on(['UPDATE'], 'pods', ['resize'])(operation, kind, subresource)
      || on(['CREATE', 'UPDATE'], 'persistentvolumeclaims')(operation, kind, subresource),
    begin: ({ objects }) => ranges.follow(objects, limitRange),
    idle: () => ranges.isEmpty,
    mutate(attributes) {
      if (attributes.kind.resource !== 'pods' || isGoing(attributes)) return
      for (const range of ranges.in(attributes.namespace)) fillIn(range, attributes.object as Pod, attributes.operation === 'CREATE')
    },
    validate(attributes) {
      if (isGoing(attributes)) return
      for (const range of ranges.in(attributes.namespace)) {
        const problems = attributes.kind.resource === 'pods' ? problemsOfPod(range, attributes.object as Pod) : problemsOfClaim(range, attributes.object as PersistentVolumeClaim)
        const said = [...new Set(problems)]
        if (said.length > 0) throw refusal(attributes, said.length === 1 ? said[0]! : `[${said.join(', ')}]`)
      }
    },
  }
}
/** What is being deleted is left to go. */
const isGoing = ({ old }: AdmissionAttributes): boolean => old?.metadata.deletionTimestamp !== undefined

/** Requests and limits for containers that lack them, and an annotation that tells what was set. */
function fillIn(range: LimitRange, pod: Pod, tell: boolean): void {
  const requests: Amounts = {}, limits: Amounts = {}
  for (const item of range.spec?.limits ?? []) {
    if (item.type !== 'Container') continue
    Object.assign(requests, item.defaultRequest)
    Object.assign(limits, item.default)
  }
  const told: string[] = []
  const each = (container: Container, what: string) => {
    const resources = (container.resources ??= {})
    for (const [key, amounts, word] of [['requests', requests, 'request'], ['limits', limits, 'limit']] as const) {
      const missing = Object.keys(amounts).filter((name) => resources[key]?.[name] === undefined).sort()
      if (missing.length === 0) continue
      resources[key] = { ...resources[key], ...Object.fromEntries(missing.map((name) => [name, amounts[name]!])) }
      told.push(`${missing.join(', ')} ${word} for ${what} ${container.name}`)
    }
  }
  for (const container of pod.spec.containers ?? []) each(container, 'container') // validation comes later
  for (const container of pod.spec.initContainers ?? []) each(container, 'init container')
  if (tell && told.length > 0) pod.metadata.annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${told.join('; ')}` }
}

function problemsOfPod(range: LimitRange, pod: Pod): string[] {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  return (range.spec?.limits ?? []).flatMap((item) => {
    if (item.type === 'Container') return all.flatMap((c) => problems(item, c.resources?.requests ?? {}, c.resources?.limits ?? {}))
    return item.type === 'Pod' ? problems(item, podRequests(pod, { overhead: false }), podLimits(pod)) : []
  })
}

/** What one LimitRange item says against an amount, in the order min, max, ratio. */
function problems(item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  const each = (list: Amounts | undefined, check: (name: string, amount: string) => string | undefined) => Object.keys(list ?? {}).sort().flatMap((name) => check(name, list![name]!) ?? [])
  return [
    ...each(item.min, (name, least) => tooLittle(item, name, least, requests[name], limits[name])),
    ...each(item.max, (name, most) => tooMuch(item, name, most, requests[name], limits[name])),
    ...each(item.maxLimitRequestRatio, (name, most) => tooWide(item, name, most, requests[name], limits[name])),
  ]
}

/** Claims only request. */
function problemsOfClaim(range: LimitRange, claim: PersistentVolumeClaim): string[] {
  const requests: Amounts = claim.spec?.resources?.requests ?? {}
  return (range.spec?.limits ?? []).filter((item) => item.type === 'PersistentVolumeClaim').flatMap((item) => [
    ...Object.entries(item.min ?? {}).flatMap(([name, least]) => tooLittle(item, name, least, requests[name], undefined) ?? []),
    ...Object.entries(item.max ?? {}).flatMap(([name, most]) => {
      const asked = requests[name], says = `maximum ${name} usage per ${item.type} is ${most}`
      return asked === undefined ? [`${says}.  No request is specified`] : compareQuantities(asked, most) > 0 ? [`${says}, but request is ${asked}`] : []
    }),
  ])
}

function tooLittle({ type }: LimitRangeItem, name: string, least: string, request: string | undefined, limit: string | undefined): string | undefined {
  const says = `minimum ${name} usage per ${type} is ${least}`
  if (request === undefined) return `${says}.  No request is specified`
  if (compareQuantities(request, least) < 0) return `${says}, but request is ${request}`
  return limit !== undefined && compareQuantities(limit, least) < 0 ? `${says}, but limit is ${limit}` : undefined
}

function tooMuch({ type }: LimitRangeItem, name: string, most: string, request: string | undefined, limit: string | undefined): string | undefined {
  const says = `maximum ${name} usage per ${type} is ${most}`
  if (limit === undefined) return `${says}.  No limit is specified`
  if (compareQuantities(limit, most) > 0) return `${says}, but limit is ${limit}`
  return request !== undefined && compareQuantities(request, most) > 0 ? `${says}, but request is ${request}` : undefined
}

function tooWide({ type }: LimitRangeItem, name: string, most: string, request: string | undefined, limit: string | undefined): string | undefined {
  const says = `${name} max limit to request ratio per ${type} is ${most}`
  if (request === undefined || quantityMilli(request) === 0) return `${says}, but no request is specified or request is 0`
  if (limit === undefined || quantityMilli(limit) === 0) return `${says}, but no limit is specified or limit is 0`
  const actual = quantityMilli(limit) / quantityMilli(request)
  return actual > quantityMilli(most) / 1000 ? `${says}, but provided ratio is ${actual.toFixed(6)}` : undefined
}
