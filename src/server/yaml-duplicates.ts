// Keys that a YAML text gives twice in one mapping, in the words and the order in which the reference's reader meets them.
import { EVENT_ID, getScalarValue, load, parseEvents, SCALAR_STYLE, type Event, type LoadOptions, type ScalarEvent } from 'js-yaml'

interface Frame { readonly isMapping: boolean; readonly seen: Set<unknown>; key: { readonly value: unknown; readonly end: number } | undefined; isKey: boolean; start: number }

/** One text for each: where its value begins (line, from 1), and the key. What a value holds comes before the value itself. */
export function repeatedKeys(text: string, options: LoadOptions): string[] {
  const found: string[] = [], frames: Frame[] = [], lineAt = lines(text)
  /** A node has ended: it is a key, or the value of one. */
  const node = (start: number, key?: Frame['key']) => {
    const frame = frames.at(-1)
    if (!frame?.isMapping) return
    if (frame.isKey) frame.key = key
    else if (frame.key) {
      const { value, end } = frame.key
      if (frame.seen.has(value)) found.push(`line ${lineAt(start < 0 ? end : start)}: key ${typeof value === 'string' ? JSON.stringify(value) : value === null ? '<nil>' : String(value)} already set in map`)
      frame.seen.add(value)
    }
    frame.isKey = !frame.isKey
  }
  for (const event of parseEvents(text, options)) {
    if (event.type === EVENT_ID.POP) { const frame = frames.pop(); if (frame) node(frame.start); continue }
    if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) {
      frames.push({ isMapping: event.type === EVENT_ID.MAPPING, seen: new Set(), key: undefined, isKey: true, start: startOf(event) })
      continue
    }
    node(startOf(event), event.type === EVENT_ID.SCALAR ? keyOf(text, event, options) : undefined)
  }
  return found
}

/** undefined: a merge, which sets nothing by itself. */
function keyOf(text: string, event: ScalarEvent, options: LoadOptions): Frame['key'] {
  const source = getScalarValue(text, event), isPlain = event.style === SCALAR_STYLE.PLAIN
  if (isPlain && source === '<<') return undefined
  return { value: isPlain && source !== '' ? load(source, options) : source, end: event.valueEnd }
}

/** A node begins with its anchor or tag. -1: nothing is written, or a block of lines, whose mark stands behind the key. */
function startOf(event: Event): number {
  if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) return -1
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart
  const isBlock = event.type === EVENT_ID.SCALAR && (event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK)
  const starts = [event.anchorStart, event.tagStart, event.type === EVENT_ID.SCALAR ? (isBlock ? -1 : event.valueStart) : event.start].filter((at) => at >= 0)
  return starts.length === 0 ? -1 : Math.min(...starts)
}

/** Which line (from 1) an offset is in. */
function lines(text: string): (at: number) => number {
  const ends: number[] = []
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) ends.push(at)
  return (at) => {
    let low = 0, high = ends.length
    while (low < high) { const middle = (low + high) >> 1; if (ends[middle]! < at) low = middle + 1; else high = middle }
    return low + 1
  }
}
