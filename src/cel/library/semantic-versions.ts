// semver(): versions as blang/semver reads and compares them.
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import { quote } from '#machinery'
import type { OpaqueValue } from '../values.ts'

class SemverValue implements OpaqueValue {
  readonly celType = 'kubernetes.Semver'
  readonly numbers: readonly bigint[]
  readonly pre: readonly (bigint | string)[]
  readonly text: string
  constructor(numbers: readonly bigint[], pre: readonly (bigint | string)[], text: string) { this.numbers = numbers; this.pre = pre; this.text = text }
  equals(other: OpaqueValue): boolean { return other instanceof SemverValue && order(this, other) === 0n }
  json(): string { return this.text }
}
const fail = (message: string): never => { throw new CelError(message) }
const mostNumber = (1n << 64n) - 1n

function parse(text: string): SemverValue {
  if (text === '') fail('Version string empty')
  const [majorText = '', minorText, ...others] = text.split('.'), patchText = others.join('.')
  if (minorText === undefined || others.length === 0) fail('No Major.Minor.Patch elements found')
  const plain = (name: string, part: string): bigint => {
    if (part === '') fail('strconv.ParseUint: parsing "": invalid syntax')
    if (!/^\d+$/.test(part)) fail(`Invalid character(s) found in ${name} number ${quote(part)}`)
    if (part.length > 1 && part.startsWith('0')) fail(`${name[0]!.toUpperCase()}${name.slice(1)} number must not contain leading zeroes ${quote(part)}`)
    const number = BigInt(part)
    return number > mostNumber ? fail(`strconv.ParseUint: parsing ${quote(part)}: value out of range`) : number
  }
  const major = plain('major', majorText), minor = plain('minor', minorText!)
  const plus = patchText.indexOf('+'), beforeBuild = plus < 0 ? patchText : patchText.slice(0, plus), dash = beforeBuild.indexOf('-')
  const patch = plain('patch', dash < 0 ? beforeBuild : beforeBuild.slice(0, dash))
  const pre = dash < 0 ? [] : beforeBuild.slice(dash + 1).split('.').map(prerelease)
  if (plus >= 0) for (const part of patchText.slice(plus + 1).split('.')) {
    if (part === '') fail('Build meta data is empty')
    if (!/^[0-9A-Za-z-]+$/.test(part)) fail(`Invalid character(s) found in build meta data ${quote(part)}`)
  }
  return new SemverValue([major, minor, patch], pre, text)
}
function prerelease(part: string): bigint | string {
  if (part === '') fail('Prerelease is empty')
  if (/^\d+$/.test(part)) return part.length > 1 && part.startsWith('0') ? fail(`Numeric PreRelease version must not contain leading zeroes ${quote(part)}`) : BigInt(part)
  return /^[0-9A-Za-z-]+$/.test(part) ? part : fail(`Invalid character(s) found in prerelease ${quote(part)}`)
}
/** Versions as people write them: v1.2, 01.02. */
function normalized(text: string): SemverValue {
  const given = text.replace(/^v/, ''), [first = '', second, ...others] = given.split('.')
  const parts = [first, ...(second === undefined ? [] : [second]), ...(others.length > 0 ? [others.join('.')] : [])].map((part) => {
    if (part.length <= 1) return part
    const cut = part.replace(/^0+/, '')
    return /^\d/.test(cut) ? cut : `0${cut}`
  })
  if (parts.length < 3 && /[+-]/.test(parts.at(-1)!)) fail('short version cannot contain PreRelease/Build meta data')
  while (parts.length < 3) parts.push('0')
  return parse(parts.join('.'))
}
function order(a: SemverValue, b: SemverValue): bigint {
  for (let i = 0; i < 3; i++) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i]! < b.numbers[i]! ? -1n : 1n
  // A version without a prerelease comes after those with one.
  if (a.pre.length === 0 || b.pre.length === 0) return BigInt(Number(a.pre.length === 0) - Number(b.pre.length === 0))
  for (let i = 0; i < a.pre.length && i < b.pre.length; i++) {
    const x = a.pre[i]!, y = b.pre[i]!
    if (x === y) continue
    if (typeof x !== typeof y) return typeof x === 'bigint' ? -1n : 1n
    return x < y ? -1n : 1n
  }
  return a.pre.length === b.pre.length ? 0n : a.pre.length < b.pre.length ? -1n : 1n
}
const succeeds = (read: (text: string) => unknown, text: string): boolean => { try { read(text); return true } catch (error) { if (error instanceof CelError) return false; throw error } }
const reader = (normalize: boolean) => (normalize ? normalized : parse)
const part = (index: number) => ({ numbers }: SemverValue): bigint => BigInt.asIntN(64, numbers[index]!)

export const semanticVersions: Library = {
  'semver(string): kubernetes.Semver = string_to_semver': parse,
  'semver(string, bool): kubernetes.Semver = string_bool_to_semver': (text: string, normalize: boolean) => reader(normalize)(text),
  'isSemver(string): bool = is_semver_string': (text: string) => succeeds(parse, text),
  'isSemver(string, bool): bool = is_semver_string_bool': (text: string, normalize: boolean) => succeeds(reader(normalize), text),
  'kubernetes.Semver.isGreaterThan(kubernetes.Semver): bool = semver_is_greater_than': (a: SemverValue, b: SemverValue) => order(a, b) > 0n,
  'kubernetes.Semver.isLessThan(kubernetes.Semver): bool = semver_is_less_than': (a: SemverValue, b: SemverValue) => order(a, b) < 0n,
  'kubernetes.Semver.compareTo(kubernetes.Semver): int = semver_compare_to': order,
  'kubernetes.Semver.major(): int = semver_major': part(0),
  'kubernetes.Semver.minor(): int = semver_minor': part(1),
  'kubernetes.Semver.patch(): int = semver_patch': part(2),
}

/** A version for a variable that holds one. Throws CelError. */
export const versionValue = (text: string): OpaqueValue => parse(text)
