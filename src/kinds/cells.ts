// What the cells of `kubectl get` say. Every kind's columns are made of these; the forms are the reference's (package printers).
import { shortAge, type AnyObject, type Column, type LabelSelector } from '#machinery'

/** The first column of nearly every kind. */
export const name: Column<AnyObject> = { name: 'Name', format: 'name', value: (o) => o.metadata.name }
/** How long ago the object was made. */
export const age: Column<AnyObject> = { name: 'Age', value: (o, now) => since(o.metadata.creationTimestamp, now) }
/** The two columns of kinds for which the reference has no table of its own. */
export const createdAt: readonly Column<AnyObject>[] = [name, { name: 'Created At', type: 'date', value: (o) => o.metadata.creationTimestamp }]

/** A time as "5m ago" without the "ago"; "<unknown>" when there is none. */
export const since = (time: string | null | undefined, now: number): string => (time ? shortAge(now - Date.parse(time)) : '<unknown>')

/** Labels as "a=b,c=d", sorted; "<none>" when there are none. */
export const labels = (map: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(map ?? {}).map(([k, v]) => `${k}=${v}`).sort(byCodeUnit).join(',') || '<none>'

/** A label selector as kubectl writes it ("app=x,tier in (a,b),!old"); "<none>" when empty or absent. */
export const selector = (s: LabelSelector | null | undefined): string => selectorText(s) || '<none>'
/** The same, but empty when there is nothing to select by. */
export function selectorText(s: LabelSelector | null | undefined): string {
  const parts = Object.entries(s?.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }))
  for (const { key, operator, values } of s?.matchExpressions ?? []) {
    const list = [...(values ?? [])].sort(byCodeUnit).join(',')
    const text = operator === 'In' ? `${key} in (${list})` : operator === 'NotIn' ? `${key} notin (${list})` : operator === 'Exists' ? key : `!${key}`
    parts.push({ key, text })
  }
  return parts.sort((a, b) => byCodeUnit(a.key, b.key)).map((p) => p.text).join(',')
}

interface Template { readonly spec?: { readonly containers?: readonly { readonly name?: string; readonly image?: string }[] } }
/** The wide columns of workloads: container names, images and (unless left out) the selector. */
export function containerColumns<T>(template: (object: T) => Template | undefined, select?: (object: T) => string): Column<T>[] {
  const list = (object: T, of: 'name' | 'image') => (template(object)?.spec?.containers ?? []).map((c) => c[of] ?? '').join(',')
  return [
    { name: 'Containers', priority: 1, value: (o) => list(o, 'name') },
    { name: 'Images', priority: 1, value: (o) => list(o, 'image') },
    ...(select ? [{ name: 'Selector', priority: 1, value: select } as const] : []),
  ]
}

/** Access modes in short: ReadWriteOnce is RWO. Always in this order, each once. */
export function accessModes(modes: readonly string[] | null | undefined): string {
  const short: Record<string, string> = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' }
  return Object.keys(short).filter((m) => modes?.includes(m)).map((m) => short[m]).join(',')
}

/** Addresses of a load balancer: IPs before hostnames of each entry, sorted, each once. */
export const loadBalancer = (status: { ingress?: readonly { ip?: string; hostname?: string }[] } | undefined): string =>
  [...new Set((status?.ingress ?? []).map((i) => i.ip || i.hostname || '').filter(Boolean))].sort(byCodeUnit).join(',')

/** Go's order of strings: by code unit, the same everywhere. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
