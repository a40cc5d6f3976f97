// Probes and lifecycle hooks: what is called, and when.
import { forbiddenValue, invalidValue, isHTTPHeaderName, isPortName, isPortNumber, requiredValue, type FieldError } from '#machinery'
import { atLeastZero, failing, oneOf } from '../../checks.ts'
import type { ExecAction, GRPCAction, HTTPGetAction, Lifecycle, Probe, SleepAction, TCPSocketAction } from './container.ts'

export const validatePort = (port: number | string, at: string): FieldError[] =>
  (typeof port === 'number' ? isPortNumber(port).map((why) => invalidValue(at, port, why)) : failing(isPortName, port, at))

interface Handler { exec?: ExecAction; httpGet?: HTTPGetAction; tcpSocket?: TCPSocketAction; grpc?: GRPCAction; sleep?: SleepAction }
const httpGet = (action: HTTPGetAction, at: string): FieldError[] => [
  ...(action.path ? [] : [requiredValue(`${at}.path`)]),
  ...validatePort(action.port, `${at}.port`),
  ...oneOf(action.scheme ?? '', ['HTTP', 'HTTPS'], `${at}.scheme`),
  ...(action.httpHeaders ?? []).flatMap(({ name }) => failing(isHTTPHeaderName, name, `${at}.httpHeaders`)),
]

/** Exactly one way to call; pods that end within `grace` seconds cannot sleep longer. */
function validateHandler(handler: Handler, grace: number, at: string): FieldError[] {
  const errors: FieldError[] = []
  let found = false
  const one = <T>(name: keyof Handler, action: T | undefined, check: (action: T, at: string) => FieldError[]) => {
    if (action === undefined) return
    errors.push(...(found ? [forbiddenValue(`${at}.${name}`, 'may not specify more than 1 handler type')] : check(action, `${at}.${name}`)))
    found = true
  }
  one('exec', handler.exec, ({ command }, at) => (command?.length ? [] : [requiredValue(`${at}.command`)]))
  one('httpGet', handler.httpGet, httpGet)
  one('tcpSocket', handler.tcpSocket, ({ port }, at) => validatePort(port, `${at}.port`))
  one('grpc', handler.grpc, ({ port }, at) => validatePort(port, `${at}.port`))
  one('sleep', handler.sleep, ({ seconds }, at) =>
    (seconds < 0 || seconds > grace ? [invalidValue(at, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)] : []))
  if (!found) errors.push(requiredValue(at, 'must specify a handler type'))
  return errors
}

function validateProbe(probe: Probe, grace: number, at: string): FieldError[] {
  const errors = validateHandler(probe, grace, at)
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const) errors.push(...atLeastZero(probe[field],
    `${at}.${field}`))
  const { terminationGracePeriodSeconds: own } = probe
  if (own !== undefined && own <= 0) errors.push(invalidValue(`${at}.terminationGracePeriodSeconds`, own, 'must be greater than 0'))
  return errors
}
interface Probed { livenessProbe?: Probe; readinessProbe?: Probe; startupProbe?: Probe; lifecycle?: Lifecycle }
export function validateHooksAndProbes({ lifecycle, livenessProbe, readinessProbe, startupProbe }: Probed, grace: number, at: string): FieldError[] {
  const errors: FieldError[] = []
  for (const hook of ['postStart', 'preStop'] as const) if (lifecycle?.[hook]) errors.push(...validateHandler(lifecycle[hook], grace, `${at}.lifecycle.${hook}`))
  const once = (probe: Probe | undefined, at: string) => {
    if (!probe) return
    errors.push(...validateProbe(probe, grace, at))
    if (probe.successThreshold !== 1) errors.push(invalidValue(`${at}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'))
  }
  once(livenessProbe, `${at}.livenessProbe`)
  if (readinessProbe) {
    errors.push(...validateProbe(readinessProbe, grace, `${at}.readinessProbe`))
    const { terminationGracePeriodSeconds: own } = readinessProbe
    if (own !== undefined) errors.push(invalidValue(`${at}.readinessProbe.terminationGracePeriodSeconds`, own, 'must not be set for readinessProbes'))
  }
  once(startupProbe, `${at}.startupProbe`)
  return errors
}
