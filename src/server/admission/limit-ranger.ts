// LimitRange: what a container, pod or claim asks for when it says nothing, and the least and most it may ask for.
import { limitRange, type Container, type LimitRange, type LimitRangeItem, type PersistentVolumeClaim, type Pod } from '#kinds'
import { addQuantities, compareQuantities, forbidden, formatQuantity, quantityMilli, type Quantity } from '#machinery'
import type { AdmissionPlugin } from './admission.ts'

type Amounts = Record<string, string>
const annotation = 'kubernetes.io/limit-ranger'

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles: (operation, kind, subresource) => kind.group === '' && subresource === ''
    && ((kind.resource === 'pods' && operation === 'CREATE') || (kind.resource === 'persistentvolumeclaims' && (operation === 'CREATE' || operation === 'UPDATE'))),
  mutate({ kind, object, objects, namespace }) {
    if (kind.resource === 'pods') for (const range of objects.list(limitRange, namespace)) fillIn(range, object as Pod)
  },
  validate({ kind, name, object, objects, namespace }) {
    for (const range of objects.list(limitRange, namespace)) {
      const problems = kind.resource === 'pods' ? problemsOfPod(range, object as Pod) : problemsOfClaim(range, object as PersistentVolumeClaim)
      if (problems.length > 0) throw forbidden(kind, name, problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`)
    }
  },
}

/** Requests and limits for containers that lack them, and an annotation that tells what was set. */
function fillIn(range: LimitRange, pod: Pod): void {
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
  if (told.length > 0) pod.metadata.annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${told.join('; ')}` }
}

function problemsOfPod(range: LimitRange, { spec }: Pod): string[] {
  const out: string[] = []
  const all = [...spec.containers, ...(spec.initContainers ?? [])]
  for (const item of range.spec?.limits ?? []) {
    if (item.type === 'Container') for (const c of all) out.push(...problems(item, c.resources?.requests ?? {}, c.resources?.limits ?? {}))
    if (item.type === 'Pod') out.push(...problems(item, total(spec, 'requests'), total(spec, 'limits')))
  }
  return out
}

function problemsOfClaim(range: LimitRange, claim: PersistentVolumeClaim): string[] {
  return (range.spec?.limits ?? []).filter((i) => i.type === 'PersistentVolumeClaim').flatMap((item) => {
    const requests = claim.spec?.resources?.requests ?? {}
    return [...bound(item, 'min', requests, undefined), ...(item.max ? Object.entries(item.max).flatMap(([name, most]) => {
      const asked = requests[name]
      return asked !== undefined && compareQuantities(asked, most) > 0 ? [`maximum ${name} usage per ${item.type} is ${most}, but request is ${asked}`] : []
    }) : [])]
  })
}

/** What one LimitRange item says against an amount, in the order min, max, ratio. */
function problems(item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  return [...bound(item, 'min', requests, limits), ...bound(item, 'max', requests, limits), ...ratio(item, requests, limits)]
}

function bound(item: LimitRangeItem, which: 'min' | 'max', requests: Amounts, limits: Amounts | undefined): string[] {
  const out: string[] = [], wrongSide = which === 'min' ? -1 : 1, word = which === 'min' ? 'minimum' : 'maximum'
  for (const name of Object.keys(item[which] ?? {}).sort()) {
    const enforced = item[which]![name]!, request = requests[name], limit = limits?.[name]
    const beyond = (amount: string) => Math.sign(compareQuantities(amount, enforced)) === wrongSide
    const says = `${word} ${name} usage per ${item.type} is ${enforced}`
    if (which === 'min') {
      if (request === undefined) out.push(`${says}.  No request is specified`)
      else if (beyond(request)) out.push(`${says}, but request is ${request}`)
      else if (limit !== undefined && beyond(limit)) out.push(`${says}, but limit is ${limit}`)
    } else {
      if (limit === undefined) out.push(`${says}.  No limit is specified`)
      else if (beyond(limit)) out.push(`${says}, but limit is ${limit}`)
      else if (request !== undefined && beyond(request)) out.push(`${says}, but request is ${request}`)
    }
  }
  return out
}

function ratio(item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  return Object.entries(item.maxLimitRequestRatio ?? {}).flatMap(([name, most]) => {
    const says = `${name} max limit to request ratio per ${item.type} is ${most}`, request = requests[name], limit = limits[name]
    if (request === undefined || quantityMilli(request) === 0) return [`${says}, but no request is specified or request is 0`]
    if (limit === undefined || quantityMilli(limit) === 0) return [`${says}, but no limit is specified or limit is 0`]
    const actual = quantityMilli(limit) / quantityMilli(request)
    return actual > quantityMilli(most) / 1000 ? [`${says}, but provided ratio is ${actual.toFixed(6)}`] : []
  })
}

/** The pod's amounts: the sum of its containers, or of one init container when that is more; restartable init containers count throughout. */
function total(spec: Pod['spec'], key: 'requests' | 'limits'): Amounts {
  const sum = new Map<string, Quantity>(), peak = new Map<string, Quantity>()
  const add = (into: Map<string, Quantity>, amounts: Amounts) => { for (const [n, q] of Object.entries(amounts)) into.set(n, addQuantities(into.get(n), q)) }
  for (const c of spec.containers) add(sum, c.resources?.[key] ?? {})
  const running = new Map<string, Quantity>()
  for (const c of spec.initContainers ?? []) {
    const amounts = c.resources?.[key] ?? {}
    if (c.restartPolicy === 'Always') { add(sum, amounts); add(running, amounts); continue }
    for (const [n, q] of Object.entries(amounts)) {
      const here = addQuantities(running.get(n), q), most = peak.get(n)
      if (!most || compareQuantities(here, most) > 0) peak.set(n, here)
    }
  }
  for (const [n, q] of peak) { const s = sum.get(n); if (!s || compareQuantities(q, s) > 0) sum.set(n, q) }
  return Object.fromEntries([...sum].map(([n, q]) => [n, formatQuantity(q)]))
}
