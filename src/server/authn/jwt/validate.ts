// Whether an AuthenticationConfiguration can be used, and its expressions, compiled. Errors come in the reference's order and words.
import { compile, type CelEnvironment, type CelProgram } from '#cel'
import { validateDomainPrefixedPath } from '#kinds'
import { duplicateValue, forbiddenValue, invalidValue, quote, requiredValue, tooMany, type FieldError } from '#machinery'
import type { AuthenticationConfiguration, JwtAuthenticatorConfig, PrefixedClaimOrExpression } from './configuration.ts'

const mostAuthenticators = 64

/** Expressions of one authenticator; absent where a claim is named instead. */
export interface JwtPrograms {
  readonly username?: CelProgram
  readonly groups?: CelProgram
  readonly uid?: CelProgram
  readonly extra: readonly { readonly key: string; readonly program: CelProgram }[]
  readonly claimRules: readonly Rule[]
  readonly userRules: readonly Rule[]
}
export interface Rule { readonly program: CelProgram; readonly message: string }

export interface Surroundings {
  /** Issuers of our own tokens. */
  readonly ownIssuers: readonly string[]
  /** Why a PEM text holds no authority; undefined when it does. */
  readonly badAuthority: (pem: string) => string | undefined
}

const claimsEnvironment: CelEnvironment = { variables: { claims: { type: 'map', keys: { type: 'string' }, values: { type: 'dyn' } } } }
const optional = <T>(of: T) => ({ of })
const userEnvironment: CelEnvironment = { variables: { user: { type: 'object', name: 'kubernetes.UserInfo', fields: {
  username: optional({ type: 'string' }), uid: optional({ type: 'string' }), groups: optional({ type: 'list', items: { type: 'string' } }),
  extra: optional({ type: 'map', keys: { type: 'string' }, values: { type: 'list', items: { type: 'string' } } }),
} } } }

/** All that is wrong, and the programs of each authenticator in order (of no use when something is). */
export function validateAuthentication(configuration: AuthenticationConfiguration, around: Surroundings): { errors: FieldError[]; programs: JwtPrograms[] } {
  const { jwt = [], anonymous } = configuration, errors: FieldError[] = [], programs: JwtPrograms[] = []
  if (jwt.length > mostAuthenticators) return { errors: [tooMany('jwt', jwt.length, mostAuthenticators)], programs }
  const issuers = new Set<string>(), discoveries = new Set<string>()
  jwt.forEach((each, i) => {
    const at = `jwt[${i}]`, { url = '', discoveryURL = '' } = each.issuer
    const check = new AuthenticatorCheck(each, at, around)
    errors.push(...check.errors)
    programs.push(check.programs)
    if (issuers.has(url)) errors.push(duplicateValue(`${at}.issuer.url`, url))
    issuers.add(url)
    if (discoveryURL !== '' && discoveries.has(discoveryURL)) errors.push(duplicateValue(`${at}.issuer.discoveryURL`, discoveryURL))
    discoveries.add(discoveryURL)
  })
  if (anonymous && !anonymous.enabled && anonymous.conditions?.length) errors.push(invalidValue('anonymous.conditions', anonymous.conditions,
    'enabled should be set to true when conditions are defined'))
  return { errors, programs }
}

/** The anonymous section stays what it was when the server started. */
export const anonymousChanged = (): FieldError => forbiddenValue('anonymous', 'changed from initial configuration file')

class AuthenticatorCheck {
  readonly errors: FieldError[] = []
  readonly programs: JwtPrograms
  /** A name that is an e-mail address says so only where somebody looks whether it was verified. */
  #seesVerified = false

  constructor({ issuer, claimMappings, claimValidationRules = [], userValidationRules = [] }: JwtAuthenticatorConfig, at: string, around: Surroundings) {
    this.errors.push(...issuerErrors(issuer, `${at}.issuer`, around))
    const claimRules = this.#claimRules(claimValidationRules, `${at}.claimValidationRules`)
    const mappings = this.#mappings(claimMappings, `${at}.claimMappings`)
    this.programs = { ...mappings, claimRules, userRules: this.#userRules(userValidationRules, `${at}.userValidationRules`) }
  }

  #claimRules(rules: NonNullable<JwtAuthenticatorConfig['claimValidationRules']>, path: string): Rule[] {
    const claims = new Set<string>(), expressions = new Set<string>(), out: Rule[] = []
    rules.forEach(({ claim = '', requiredValue: value = '', expression = '', message = '' }, i) => {
      const at = `${path}[${i}]`
      if (claim !== '' && expression !== '') this.errors.push(invalidValue(at, claim, "claim and expression can't both be set"))
      else if (claim === '' && expression === '') this.errors.push(requiredValue(at, 'claim or expression is required'))
      else if (claim !== '') {
        if (message !== '') this.errors.push(invalidValue(`${at}.message`, message, 'may not be specified when claim is set'))
        if (claims.has(claim)) this.errors.push(duplicateValue(`${at}.claim`, claim))
        claims.add(claim)
      } else {
        if (value !== '') this.errors.push(invalidValue(`${at}.requiredValue`, value, 'may not be specified when expression is set'))
        if (expressions.has(expression)) { this.errors.push(duplicateValue(`${at}.expression`, expression)); return }
        expressions.add(expression)
        const program = this.#compile(expression, claimsEnvironment, `${at}.expression`, true)
        if (!program) return
        out.push({ program, message })
        this.#seesVerified ||= selects(expression, 'email_verified')
      }
    })
    return out
  }

  #mappings({ username = {}, groups = {}, uid = {}, extra = [] }: JwtAuthenticatorConfig['claimMappings'], path: string): Omit<JwtPrograms, 'claimRules' | 'userRules'> {
    const name = this.#prefixed(username, `${path}.username`, true), group = this.#prefixed(groups, `${path}.groups`, false)
    const seesEmail = name !== undefined && selects(username.expression!, 'email')
    if (name) this.#seesVerified ||= selects(username.expression!, 'email_verified')
    if (uid.claim && uid.expression) this.errors.push(invalidValue(`${path}.uid`, '', "claim and expression can't both be set"))
    const id = uid.expression && !uid.claim ? this.#compile(uid.expression, claimsEnvironment, `${path}.uid.expression`) : undefined
    const keys = new Set<string>()
    const programs = extra.flatMap(({ key = '', valueExpression = '' }, i) => {
      const at = `${path}.extra[${i}]`, domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : ''
      this.errors.push(...validateDomainPrefixedPath(key, `${at}.key`))
      if (key !== key.toLowerCase()) this.errors.push(invalidValue(`${at}.key`, key, 'must be lowercase'))
      if (/(?:^|\.)(?:kubernetes|k8s)\.io$/.test(domain)) this.errors.push(invalidValue(`${at}.key`, key,
        'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'))
      if (keys.has(key)) { this.errors.push(duplicateValue(`${at}.key`, key)); return [] }
      keys.add(key)
      if (valueExpression === '') { this.errors.push(requiredValue(`${at}.valueExpression`)); return [] }
      const program = this.#compile(valueExpression, claimsEnvironment, `${at}.valueExpression`)
      if (program) this.#seesVerified ||= selects(valueExpression, 'email_verified')
      return program ? [{ key, program }] : []
    })
    if (seesEmail && !this.#seesVerified)
      this.errors.push(invalidValue(`${path}.username.expression`, username.expression,
        'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression'))
    return { ...(name && { username: name }), ...(group && { groups: group }), ...(id && { uid: id }), extra: programs }
  }

  #prefixed({ claim = '', expression = '', prefix }: PrefixedClaimOrExpression, at: string, isNeeded: boolean): CelProgram | undefined {
    if (expression !== '' && claim !== '') this.errors.push(invalidValue(at, '', "claim and expression can't both be set"))
    else if (expression !== '') {
      if (prefix !== undefined) this.errors.push(invalidValue(`${at}.prefix`, prefix, 'may not be specified when expression is set'))
      return this.#compile(expression, claimsEnvironment, `${at}.expression`)
    } else if (claim !== '') {
      if (prefix === undefined) this.errors.push(requiredValue(`${at}.prefix`, 'prefix is required when claim is set. It can be set to an empty string to disable prefixing'))
    } else if (isNeeded) this.errors.push(requiredValue(at, 'claim or expression is required'))
    return undefined
  }

  #userRules(rules: NonNullable<JwtAuthenticatorConfig['userValidationRules']>, path: string): Rule[] {
    const seen = new Set<string>()
    return rules.flatMap(({ expression = '', message = '' }, i) => {
      const at = `${path}[${i}].expression`
      if (expression === '') { this.errors.push(requiredValue(at)); return [] }
      if (seen.has(expression)) { this.errors.push(duplicateValue(at, expression)); return [] }
      seen.add(expression)
      const program = this.#compile(expression, userEnvironment, at, true)
      return program ? [{ program, message }] : []
    })
  }

  #compile(expression: string, environment: CelEnvironment, at: string, isRule = false): CelProgram | undefined {
    const compiled = compile(expression, environment)
    const why = !compiled.ok ? compiled.why : isRule && compiled.program.outputTypeName !== 'bool' ? 'must evaluate to bool' : undefined
    if (why !== undefined) this.errors.push(invalidValue(at, expression, why))
    return compiled.ok && why === undefined ? compiled.program : undefined
  }
}

function issuerErrors({ url = '', discoveryURL = '', audiences = [], audienceMatchPolicy = '', certificateAuthority = '',
  egressSelectorType = '' }: JwtAuthenticatorConfig['issuer'], at: string, around: Surroundings): FieldError[] {
  const errors = url === '' ? [requiredValue(`${at}.url`)] : urlErrors(url, `${at}.url`, around.ownIssuers)
  if (discoveryURL !== '') {
    if (url !== '' && withoutSlashes(url) === withoutSlashes(discoveryURL)) errors.push(invalidValue(`${at}.discoveryURL`, discoveryURL, 'discoveryURL must be different from URL'))
    errors.push(...urlErrors(discoveryURL, `${at}.discoveryURL`, []))
  }
  if (audiences.length === 0) errors.push(requiredValue(`${at}.audiences`, `at least one ${at}.audiences is required`))
  audiences.forEach((audience, i) => {
    if (audience === '') errors.push(requiredValue(`${at}.audiences[${i}]`))
    if (audiences.indexOf(audience) < i) errors.push(duplicateValue(`${at}.audiences[${i}]`, audience))
  })
  if (audiences.length > 1 && audienceMatchPolicy !== 'MatchAny') errors.push(invalidValue(`${at}.audienceMatchPolicy`, audienceMatchPolicy,
    'audienceMatchPolicy must be MatchAny for multiple audiences'))
  if (audiences.length === 1 && audienceMatchPolicy !== '' &&
    audienceMatchPolicy !== 'MatchAny') errors.push(invalidValue(`${at}.audienceMatchPolicy`, audienceMatchPolicy,
    'audienceMatchPolicy must be empty or MatchAny for single audience'))
  const bad = certificateAuthority === '' ? undefined : around.badAuthority(certificateAuthority)
  if (bad !== undefined) errors.push(invalidValue(`${at}.certificateAuthority`, '<omitted>', bad))
  if (egressSelectorType !== '' && !['controlplane', 'cluster'].includes(egressSelectorType)) errors.push(invalidValue(`${at}.egressSelectorType`, egressSelectorType,
    'egress selector must be either controlplane or cluster'))
  return errors
}
const withoutSlashes = (url: string): string => url.replace(/\/+$/, '')

function urlErrors(url: string, at: string, disallowed: readonly string[]): FieldError[] {
  const errors = disallowed.includes(url) ? [invalidValue(at, url, `URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(' ')}]`)] : []
  const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^/?#]*)@)?[^/?#]*)?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(url)
  if (!parts || /[\x00-\x1f\x7f]/.test(url)) return [...errors, invalidValue(at, url, `parse ${quote(url)}: net/url: invalid control character in URL`)]
  const [, scheme, user, query, fragment] = parts
  if (scheme?.toLowerCase() !== 'https') errors.push(invalidValue(at, url, 'URL scheme must be https'))
  if (user !== undefined) errors.push(invalidValue(at, url, 'URL must not contain a username or password'))
  if (query) errors.push(invalidValue(at, url, 'URL must not contain a query'))
  if (fragment) errors.push(invalidValue(at, url, 'URL must not contain a fragment'))
  return errors
}

/** Whether an expression selects a claim by a dot (`claims.email`, `claims.?email`); texts in it do not count. */
export function selects(expression: string, claim: string): boolean {
  const code = expression.replace(/[rR]?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/g, '""').replace(/\/\/.*$/gm, '')
  return new RegExp(`(?<![\\w.])claims\\s*\\.\\s*\\??\\s*${claim}(?!\\w)`).test(code)
}
