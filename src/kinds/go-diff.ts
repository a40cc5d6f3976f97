// Some messages of the reference show a value, or what changed in one, as its own program holds it: other field names, in another
// order, with everything that is empty spelled out. Clients see them, so they are made here from the API's form.
import { wasEmptyList } from '#machinery'

/** How the reference holds a structure: its fields in order. */
export interface GoForm { readonly fields: readonly GoField[] }
interface GoField { readonly go: string; readonly json: string; readonly zero: unknown; readonly form?: () => GoForm; readonly list: boolean; readonly inline: boolean }

/**
 * Reads forms written as "Name: Field Field=type ...; ...". A type is s (string), n (number), b (boolean), {Form} (a structure held by value), *Form (by pointer),
 * []Form (a list) or +Form (its fields stand among these); without one the value is shown as it is, null when absent. `Field/json` where the API's name does not follow.
 */
export function goForms(text: string): Record<string, GoForm> {
  const forms: Record<string, GoForm> = {}
  for (const line of text.split(';').map((l) => l.trim()).filter(Boolean)) {
    const [name, list = ''] = line.split(':')
    forms[name!.trim()] = { fields: list.trim().split(/\s+/).filter(Boolean).map((word) => readField(word, forms)) }
  }
  return forms
}
const zeros: Record<string, unknown> = { s: '', n: 0, b: false }
function readField(word: string, forms: Record<string, GoForm>): GoField {
  const [left, type = ''] = word.split('=')
  const [go, json = apiName(go!)] = left!.split('/')
  const named = /^(\{|\*|\[\]|\+)(\w+)\}?$/.exec(type)
  const form = named && (() => forms[named[2]!]!)
  return { go: go!, json, zero: named?.[1] === '{' ? {} : zeros[type] ?? null, ...(form && { form }), list: named?.[1] === '[]', inline: named?.[1] === '+' }
}
/** DNSPolicy is dnsPolicy, HostPID is hostPID. */
const apiName = (go: string): string => go.replace(/^[A-Z]+(?![a-z])|^[A-Z]/, (run) => run.toLowerCase())

/** A value of the API in the reference's own form. */
export function goForm({ fields }: GoForm, value: object): Record<string, unknown> {
  const given = value as Record<string, unknown>, out: Record<string, unknown> = {}
  for (const { go, json, zero, form, list, inline } of fields) {
    if (inline) { Object.assign(out, goForm(form!(), value)); continue }
    const inner = given[json] ?? (list && wasEmptyList(value, json) ? [] : zero)
    out[go] = inner === null || !form ? inner : list ? (inner as object[]).map((x) => goForm(form(), x)) : goForm(form(), inner as object)
  }
  return out
}

/** What changed between two values, or two lists of them, as a unified diff of their forms with three lines around. */
export function goDiff(form: GoForm, before: object, after: object): string {
  const shown = (value: object) => (Array.isArray(value) ? value.map((one: object) => goForm(form, one)) : goForm(form, value))
  const lines = (value: object) => JSON.stringify(shown(value), sortedMaps, 1).replace(/\[\]/g, '[]').split('\n')
  return unified(lines(before), lines(after))
}
/** Go writes the keys of maps sorted; forms are not maps, they begin with a capital. */
const sortedMaps = (_key: string, value: unknown): unknown =>
  (typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.keys(value).some((k) => /^[A-Z]/.test(k))
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value)

type Op = readonly [tag: 'equal' | 'change', i1: number, i2: number, j1: number, j2: number]
const around = 3
function unified(a: readonly string[], b: readonly string[]): string {
  let out = ''
  for (const group of groups(opcodes(a, b))) {
    const [, i1, , j1] = group[0]!, [, , i2, , j2] = group.at(-1)!
    out += `@@ -${range(i1, i2)} +${range(j1, j2)} @@\n`
    for (const [tag, i1, i2, j1, j2] of group) {
      if (tag === 'equal') { for (const line of a.slice(i1, i2)) out += ` ${line}\n`; continue }
      for (const line of a.slice(i1, i2)) out += `-${line}\n`
      for (const line of b.slice(j1, j2)) out += `+${line}\n`
    }
  }
  return out
}
function range(start: number, stop: number): string {
  const length = stop - start
  return length === 1 ? String(start + 1) : `${length === 0 ? start : start + 1},${length}`
}

/** Changes with the lines around them; far apart, they make groups of their own. */
function groups(ops: Op[]): Op[][] {
  if (!ops.length) return []
  const first = ops[0]!, last = ops.at(-1)!
  if (first[0] === 'equal') ops[0] = ['equal', Math.max(first[1], first[2] - around), first[2], Math.max(first[3], first[4] - around), first[4]]
  if (last[0] === 'equal') ops[ops.length - 1] = ['equal', ops.at(-1)![1], Math.min(last[2], ops.at(-1)![1] + around), ops.at(-1)![3], Math.min(last[4], ops.at(-1)![3] + around)]
  const out: Op[][] = []
  let group: Op[] = []
  for (const op of ops) {
    let [tag, i1, i2, j1, j2] = op
    if (tag === 'equal' && i2 - i1 > 2 * around) {
      group.push([tag, i1, Math.min(i2, i1 + around), j1, Math.min(j2, j1 + around)])
      out.push(group)
      group = []
      i1 = Math.max(i1, i2 - around)
      j1 = Math.max(j1, j2 - around)
    }
    group.push([tag, i1, i2, j1, j2])
  }
  if (group.length && !(group.length === 1 && group[0]![0] === 'equal')) out.push(group)
  return out
}

function opcodes(a: readonly string[], b: readonly string[]): Op[] {
  const ops: Op[] = []
  let i = 0, j = 0
  for (const [ai, bj, size] of [...matches(a, b), [a.length, b.length, 0] as const]) {
    if (i < ai || j < bj) ops.push(['change', i, ai, j, bj])
    if (size) ops.push(['equal', ai, ai + size, bj, bj + size])
    i = ai + size
    j = bj + size
  }
  return ops
}

type Match = readonly [a: number, b: number, size: number]
const popularFrom = 200
/** The longest run that both have, then the same on either side of it (Ratcliff and Obershelp, as Python's difflib does it). */
function matches(a: readonly string[], b: readonly string[]): Match[] {
  const places = new Map<string, number[]>()
  for (const [j, line] of b.entries()) places.set(line, [...(places.get(line) ?? []), j])
  if (b.length >= popularFrom) for (const [line, at] of places) if (at.length > Math.floor(b.length / 100) + 1) places.delete(line)
  const found: Match[] = [], work: [number, number, number, number][] = [[0, a.length, 0, b.length]]
  while (work.length) {
    const [alo, ahi, blo, bhi] = work.pop()!
    const [i, j, size] = longest(a, b, places, alo, ahi, blo, bhi)
    if (!size) continue
    found.push([i, j, size])
    if (alo < i && blo < j) work.push([alo, i, blo, j])
    if (i + size < ahi && j + size < bhi) work.push([i + size, ahi, j + size, bhi])
  }
  const merged: Match[] = []
  for (const [i, j, size] of found.sort((x, y) => x[0] - y[0] || x[1] - y[1])) {
    const last = merged.at(-1)
    if (last && last[0] + last[2] === i && last[1] + last[2] === j) merged[merged.length - 1] = [last[0], last[1], last[2] + size]
    else merged.push([i, j, size])
  }
  return merged
}
function longest(a: readonly string[], b: readonly string[], places: ReadonlyMap<string, number[]>, alo: number, ahi: number, blo: number, bhi: number): Match {
  let best: [number, number, number] = [alo, blo, 0]
  let lengths = new Map<number, number>()
  for (let i = alo; i < ahi; i++) {
    const next = new Map<number, number>()
    for (const j of places.get(a[i]!) ?? []) {
      if (j < blo) continue
      if (j >= bhi) break
      const size = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, size)
      if (size > best[2]) best = [i - size + 1, j - size + 1, size]
    }
    lengths = next
  }
  let [i, j, size] = best
  while (i > alo && j > blo && a[i - 1] === b[j - 1]) { i--; j--; size++ }
  while (i + size < ahi && j + size < bhi && a[i + size] === b[j + size]) size++
  return [i, j, size]
}
