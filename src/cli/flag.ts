// A command's flags are one typed table: the parser, the help, the completion scripts and docs/cli.md are made from it.
import { isIPv4 } from 'node:net'
import { usageError } from './failure.ts'

/** One flag. Its name is its key in the table in kebab case: `dataDir` is `--data-dir`. */
export interface Flag<T> {
  readonly description: string
  /** What stands for the value in the help (`FILE`, `N`). A flag without one is a switch. */
  readonly value?: string
  readonly short?: string
  /** The heading it stands under in the help. */
  readonly group?: string
  readonly hidden?: true
  /** May be given several times; parse then gets what was there before. */
  readonly repeatable?: true
  readonly choices?: readonly string[]
  /** How the help names the default where it is not the value itself. */
  readonly defaultText?: string
  /** What completion offers where a value is expected. */
  readonly completes?: 'file' | 'directory'
  /** The value is milliseconds, typed as a duration. */
  readonly isDuration?: true
  readonly default: T
  /** The value of a text; throws an Error whose message says what is expected ("a number from 0 to 9"). */
  parse(text: string, before: T): T
}
export type Flags = Readonly<Record<string, Flag<any>>> // allowed: flags of all value types in one table
/** What a table's flags become: the argument of the command. */
export type Values<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never }

interface Words { readonly description: string; readonly value?: string; readonly short?: string; readonly group?: string; readonly hidden?: true; readonly defaultText?: string; readonly completes?: 'file' | 'directory' }

/** `dataDir` -> `data-dir`. */
export const flagName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** A switch: `--detach`, `--detach=false`. */
export const toggle = (words: Words, otherwise = false): Flag<boolean> => ({ ...words, default: otherwise, parse: parseBoolean })

/** A switch that tells whether it was given at all. */
export const maybe = (words: Words): Flag<boolean | undefined> => ({ ...words, default: undefined, parse: parseBoolean })

/** Any text that is not empty. */
export function text(words: Words): Flag<string | undefined>
export function text(words: Words, otherwise: string): Flag<string>
export function text(words: Words, otherwise?: string): Flag<string | undefined> {
  return { value: 'TEXT', ...words, default: otherwise, parse: (given) => given === '' ? expected('a value that is not empty') : given }
}

/** A file or folder that the program will read or write; whether it is there is seen when it is used. */
export const path = (words: Words): Flag<string | undefined> => ({ ...text(words), value: words.value ?? 'FILE', completes: words.completes ?? 'file' })

/** A text of a shape. */
export function matching(words: Words, pattern: RegExp, what: string): Flag<string | undefined>
export function matching(words: Words, pattern: RegExp, what: string, otherwise: string): Flag<string>
export function matching(words: Words, pattern: RegExp, what: string, otherwise?: string): Flag<string | undefined> {
  return { value: 'TEXT', ...words, default: otherwise, parse: (given) => pattern.test(given) ? given : expected(what) }
}

/** A whole number within bounds, both included. */
export function integer(words: Words, bounds: readonly [number, number]): Flag<number | undefined>
export function integer(words: Words, bounds: readonly [number, number], otherwise: number): Flag<number>
export function integer(words: Words, [least, most]: readonly [number, number], otherwise?: number): Flag<number | undefined> {
  return {
    value: 'N', ...words, default: otherwise,
    parse: (given) => {
      const number = /^\d{1,15}$/.test(given) ? Number(given) : NaN
      return number >= least && number <= most ? number : expected(`a whole number from ${least} to ${most}`)
    },
  }
}

/** A number of 0 or more, with or without a fraction. */
export const decimal = (words: Words, otherwise: number): Flag<number> => ({
  value: 'N', ...words, default: otherwise, parse: (given) => (/^\d{1,15}(?:\.\d+)?$/.test(given) ? Number(given) : expected('a number')),
})

/** One of a few words. */
export const choice = <const C extends string>(words: Words, choices: readonly C[], otherwise: NoInfer<C>): Flag<C> => ({
  value: choices.join('|'), ...words, choices, default: otherwise,
  parse: (given) => choices.find((one) => one === given) ?? expected(`one of ${choices.join(', ')}`),
})

/** A list, separated by commas or by repeating the flag; with `choices`, of those words only. */
export function list(words: Words, otherwise: readonly string[] = [], choices?: readonly string[]): Flag<readonly string[]> {
  return {
    value: 'A,B', ...words, repeatable: true, default: otherwise, ...(choices ? { choices } : {}),
    parse: (given, before) => {
      const items = given.split(',').map((item) => item.trim())
      if (items.some((item) => item === '')) return expected('names separated by commas')
      const unknown = choices && items.find((item) => !choices.includes(item))
      if (unknown !== undefined) return expected(`some of ${choices?.join(', ')}, and ${unknown} is none of them`)
      // The first use replaces the default, the next ones add.
      return [...new Set(before === otherwise ? items : [...before, ...items])]
    },
  }
}

/** Files, folders or URLs; one each time the flag is given. */
export const files = (words: Words): Flag<readonly string[]> => ({
  value: 'FILE', completes: 'file', ...words, repeatable: true, default: [],
  parse: (given, before) => given === '' ? expected('a file, a folder or a URL') : [...before, given],
})

/** Texts; one each time the flag is given. */
export const texts = (words: Words, otherwise: readonly string[] = []): Flag<readonly string[]> => ({
  value: 'TEXT', ...words, repeatable: true, default: otherwise,
  // The first use replaces the default, the next ones add.
  parse: (given, before) => given === '' ? expected('a value that is not empty') : before === otherwise ? [given] : [...before, given],
})

/** `name=value`; one each time the flag is given. */
export const pairs = (words: Words): Flag<Readonly<Record<string, string>>> => ({
  value: 'NAME=VALUE', ...words, repeatable: true, default: {},
  parse: (given, before) => {
    const at = given.indexOf('=')
    return at > 0 ? { ...before, [given.slice(0, at).trim()]: given.slice(at + 1).trim() } : expected('NAME=VALUE')
  },
})

/** `metric,label=a,b`; one each time the flag is given, or several in double quotes, separated by commas. */
export const labelValues = (words: Words): Flag<Readonly<Record<string, string>>> => ({
  ...words, repeatable: true, default: {},
  parse: (given, before) => {
    const some = given.includes('"') ? [...given.matchAll(/"([^"]*)"/g)].map(([, one]) => one!) : [given]
    const read = some.map((one) => /^([^,=]+,[^,=]+)=(.+)$/.exec(one.trim()) ?? expected('METRIC,LABEL=VALUE,VALUE'))
    return { ...before, ...Object.fromEntries(read.map(([, key, values]) => [key, values!.replace(/^'|'$/g, '')])) }
  },
})

/** `KEY=VALUE` separated by commas, a KEY alone having no value: what the reference calls a configuration map. */
export const settings = (words: Words): Flag<Readonly<Record<string, string>>> => ({
  value: 'KEY=VALUE,...', ...words, repeatable: true, default: {},
  parse: (given, before) => ({ ...before, ...Object.fromEntries(given.split(',').filter((pair) => pair !== '').map((pair) => {
    const at = pair.indexOf('=')
    return at < 0 ? [pair.trim(), ''] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
  })) }),
})

/** Feature gates and the like: `A=true,B=false`. */
export const switches = (words: Words): Flag<Readonly<Record<string, boolean>>> => ({
  value: 'A=true,B=false', ...words, repeatable: true, default: {},
  parse: (given, before) => {
    const pairs = given.split(',').filter((pair) => pair !== '').map((pair) => {
      const at = pair.indexOf('='), name = (at < 0 ? pair : pair.slice(0, at)).trim(), value = pair.slice(at + 1).trim(), on = goBoolean(value)
      if (at < 0) throw new Refused(`missing bool value for ${name}`)
      if (on === undefined) throw new Refused(`invalid value of ${name}=${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`)
      return [name, on] as const
    })
    return { ...before, ...Object.fromEntries(pairs) }
  },
})

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration as Go writes it (`90s`, `1m30s`, `1.5h`), in milliseconds. */
export const duration = (words: Words, otherwiseMs: number, defaultText: string): Flag<number> => ({
  value: 'DURATION', defaultText, ...words, isDuration: true, default: otherwiseMs, parse: parseDuration,
})

/** Milliseconds of a Go duration. */
export function parseDuration(given: string): number {
  if (given === '0') return 0
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(given)) return expected('a duration such as 40s, 5m or 1h30m')
  let ms = 0
  for (const [, number, unit] of given.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) ms += Number(number) * unitMs[unit!]!
  // Timers take no more, and a longer one is a typing error.
  return ms <= 2 ** 31 - 1 ? ms : expected('a duration of at most 24 days')
}

/** An IPv4 network in CIDR notation; its host bits become zero. */
export function network(words: Words, sizes: readonly [number, number]): Flag<string | undefined>
export function network(words: Words, sizes: readonly [number, number], otherwise: string): Flag<string>
export function network(words: Words, [shortest, longest]: readonly [number, number], otherwise?: string): Flag<string | undefined> {
  return { value: 'CIDR', ...words, default: otherwise, parse: (given) => {
    const [address = '', bits = ''] = given.split('/')
    const length = /^\d{1,2}$/.test(bits) ? Number(bits) : -1
    if (!isIPv4(address) || length < shortest || length > longest) return expected(`an IPv4 network such as 10.96.0.0/16, with a prefix length from ${shortest} to ${longest}`)
    const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
    const start = Math.floor(number / 2 ** (32 - length)) * 2 ** (32 - length)
    return [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256).join('.') + `/${length}`
  } }
}

export interface PortRange { readonly from: number; readonly to: number }

/** A range of ports, `30000-32767` or as the reference also takes it `30000+100`. */
export const portRange = (words: Words, otherwise: PortRange): Flag<PortRange> => ({
  value: 'FROM-TO', defaultText: `${otherwise.from}-${otherwise.to}`, ...words, default: otherwise,
  parse: (given) => {
    const match = /^(\d{1,5})([-+])(\d{1,5})$/.exec(given)
    const from = Number(match?.[1]), second = Number(match?.[3])
    const to = match?.[2] === '+' ? from + second : second
    return match && from >= 1 && to >= from && to <= 65535 ? { from, to } : expected('a range of ports such as 30000-32767')
  },
})

/** An IPv4 address. */
export function ipAddress(words: Words): Flag<string | undefined>
export function ipAddress(words: Words, otherwise: string): Flag<string>
export function ipAddress(words: Words, otherwise?: string): Flag<string | undefined> {
  return { value: 'IP', ...words, default: otherwise, parse: (given) => isIPv4(given) ? given : expected('an IPv4 address') }
}

const parseBoolean = (given: string): boolean => goBoolean(given) ?? expected('true or false')
/** Go's strconv.ParseBool. */
function goBoolean(given: string): boolean | undefined {
  if (['true', '1', 't', 'T', 'TRUE', 'True'].includes(given)) return true
  return ['false', '0', 'f', 'F', 'FALSE', 'False'].includes(given) ? false : undefined
}

/** The value of a flag as given, or one line that says what to give instead. */
export function parseFlag<T>(key: string, flag: Flag<T>, given: string, before: T): T {
  try {
    return flag.parse(given, before)
  } catch (error) {
    if (error instanceof Refused) throw usageError(`invalid argument ${JSON.stringify(given)} for "--${flagName(key)}" flag: ${error.message}`)
    if (!(error instanceof Expected)) throw error
    throw usageError(`--${flagName(key)} wants ${error.message}, not ${JSON.stringify(given.slice(0, 100))}`)
  }
}

class Expected extends Error {}
/** What is wrong in the reference's words. */
class Refused extends Error {}
function expected(what: string): never { throw new Expected(what) }
