// What is told of configuration files that are read again when they change, under the reference's names.
import { createHash } from 'node:crypto'
import type { Clock } from '#machinery'
import type { Metrics } from '#server'
import { serverId } from './server-id.ts'

export interface Reloads {
  /** This text is in force from the start. */
  inForce(text: string): void
  /** What is done with another text, counted. */
  counted(change: (text: string) => void | Promise<void>): (texts: readonly string[]) => Promise<void>
}
type Configuration = 'authentication' | 'authorization' | 'encryption'
const hash = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

export function reloads(metrics: Metrics, configuration: Configuration, clock: Clock): Reloads {
  const name = (rest: string) => `apiserver_${configuration}_config_controller_${rest}`, stability = configuration === 'encryption' ? 'ALPHA' : 'BETA', labels = ['status', 'apiserver_id_hash']
  const count = metrics.counter({ name: name('automatic_reloads_total'), stability, help: `How often the ${configuration} configuration was read again.`, labels })
  const at = metrics.gauge({ name: name('automatic_reload_last_timestamp_seconds'), stability, help: `When the ${configuration} configuration was last read again.`, labels })
  const text = metrics.gauge({ name: name('last_config_info'), stability: 'ALPHA', help: `The hash of the ${configuration} configuration in force.`, labels: ['apiserver_id_hash', 'hash'] })
  const id = hash(serverId())
  const ended = (status: 'success' | 'failure') => {
    count.with(status, id).inc()
    at.with(status, id).set(clock.now() / 1000)
  }
  const inForce = (now: string) => {
    text.clear()
    text.with(id, hash(now)).set(1)
  }
  return {
    inForce,
    counted: (change) => async ([now = '']) => {
      try { await change(now) } catch (error) { ended('failure'); throw error }
      ended('success')
      inForce(now)
    },
  }
}
