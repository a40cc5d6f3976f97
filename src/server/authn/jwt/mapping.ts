// From the claims of a token that is believed to the user it names.
import type { CelProgram } from '#cel'
import { quote, type User } from '#machinery'
import type { JwtAuthenticatorConfig } from './configuration.ts'
import type { JwtPrograms, Rule } from './validate.ts'

export type Claims = Readonly<Record<string, unknown>>
/** What the expressions of one token may cost together, and one of them alone: a token is small, and so is what one may ask about it. */
const mostCost = 10_000_000

/** Throws an Error in the reference's words when the claims are not those of a user. */
export function userOf(claims: Claims, { claimMappings: { username = {}, groups = {}, uid = {} }, claimValidationRules = [] }: JwtAuthenticatorConfig,
  programs: JwtPrograms): User {
  const evaluate = evaluator({ claims })
  const name = programs.username ? textOf(evaluate, programs.username, 'username') : nameFrom(claims, username.claim ?? '', username.prefix ?? '')
  const groupList = groupsFrom(claims, groups.claim ?? '', groups.prefix ?? '') ??
    (programs.groups ? within('error evaluating group claim expression', () => listOf(evaluate(programs.groups!))) : [])
  const id = uid.claim ? within(`parse uid claim ${quote(uid.claim)}`, () => stringClaim(claims, uid.claim!)) : programs.uid ? textOf(evaluate, programs.uid, 'uid') : ''
  const extra = Object.fromEntries(programs.extra.map(({ key, program }) =>
    [key, within(`error evaluating extra claim expression: ${program.source}`, () => listOf(evaluate(program)))] as const).filter(([, values]) => values.length > 0))
  for (const { claim, requiredValue = '' } of claimValidationRules) if (claim) checkRequired(claims, claim, requiredValue)
  within('error evaluating claim validation expression', () => check(programs.claimRules, evaluate))
  const user: User = { name, ...(id !== '' && { uid: id }), groups: groupList, ...(Object.keys(extra).length > 0 && { extra }) }
  within('error evaluating user info validation rule', () => check(programs.userRules, evaluator({ user: { username: name, uid: id, groups: groupList, extra } })))
  return user
}

type Evaluate = (program: CelProgram) => unknown
function evaluator(variables: Readonly<Record<string, unknown>>): Evaluate {
  const budget = { perCall: mostCost, left: mostCost }
  return (program) => {
    try { return program.evaluate(variables, budget).json() } catch (error) { throw new Error(`expression '${program.source}' resulted in error: ${messageOf(error)}`,
      { cause: error }) }
  }
}
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
function within<T>(what: string, run: () => T): T {
  try { return run() } catch (error) { throw new Error(`oidc: ${what}: ${messageOf(error)}`, { cause: error }) }
}

const textOf = (evaluate: Evaluate, program: CelProgram, what: string): string => within(`error evaluating ${what} claim expression`, () => {
  const value = evaluate(program)
  if (typeof value !== 'string') throw new Error(`${what} claim expression must return a string`)
  return value
})

/** A text or a list of texts; empty ones do not count. */
function listOf(value: unknown): string[] {
  if (value === null || value === '') return []
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value) || value.some((v) => typeof v !== 'string')) throw new Error('expression must return a string or a list of strings')
  return (value as string[]).filter((v) => v !== '')
}

function nameFrom(claims: Claims, claim: string, prefix: string): string {
  const name = within(`parse username claims ${quote(claim)}`, () => stringClaim(claims, claim))
  if (claim === 'email' && Object.hasOwn(claims, 'email_verified')) {
    const verified = claims['email_verified'] ?? false
    if (typeof verified !== 'boolean') throw new Error(`oidc: parse 'email_verified' claim: json: cannot unmarshal ${goName(verified)} into Go value of type bool`)
    if (!verified) throw new Error('oidc: email not verified')
  }
  return prefix + name
}

/** undefined when the token has no such claim. Some providers give a text where one of several groups could stand. */
function groupsFrom(claims: Claims, claim: string, prefix: string): string[] | undefined {
  if (claim === '' || !Object.hasOwn(claims, claim)) return undefined
  const value = claims[claim] ?? [], all = typeof value === 'string' ? [value] : value
  if (!Array.isArray(all) || all.some((g) => typeof g !== 'string'))
    throw new Error(`oidc: parse groups claim ${quote(claim)}: json: cannot unmarshal ${goName(value)} into Go value of type string`)
  return (all as string[]).map((g) => prefix + g)
}

function checkRequired(claims: Claims, claim: string, wanted: string): void {
  if (!Object.hasOwn(claims, claim)) throw new Error(`oidc: required claim ${claim} not present in ID token`)
  const found = within(`parse claim ${claim}`, () => stringClaim(claims, claim))
  if (found !== wanted) throw new Error(`oidc: required claim ${claim} value does not match. Got = ${found}, want = ${wanted}`)
}

function check(rules: readonly Rule[], evaluate: Evaluate): void {
  for (const { program, message } of rules) {
    const value = evaluate(program)
    if (typeof value !== 'boolean') throw new Error('validation expression must return a boolean')
    if (!value) throw new Error(`validation expression '${program.source}' failed: ${message}`)
  }
}

function stringClaim(claims: Claims, claim: string): string {
  if (!Object.hasOwn(claims, claim)) throw new Error('claim not present')
  const value = claims[claim] ?? '' // null is nothing, as Go reads it
  if (typeof value !== 'string') throw new Error(`json: cannot unmarshal ${goName(value)} into Go value of type string`)
  return value
}
const goName = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value)
