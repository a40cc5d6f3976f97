// --encryption-provider-config: the file's plan with ciphers and key services behind it.
import { readFileSync } from 'node:fs'
import { kinds } from '#kinds'
import type { Clock, Log } from '#machinery'
import { EncryptionAtRest, readEncryption, resourceNames, TransformationMetrics, type HealthCheck, type Metrics, type ProviderPlan, type ResourcePlan, type SealingProvider, type SealingRule } from '#server'
import type { Reloads } from '../reloads.ts'
import { watchFiles } from '../watched-file.ts'
import { aesCbc, aesGcm, secretbox } from './ciphers.ts'
import { keyService } from './kms-client.ts'
import { KmsFigures } from './kms-figures.ts'
import { KmsProvider } from './kms.ts'

export interface EncryptionOptions { readonly file: string; readonly reload: boolean; readonly kmsV1: boolean; readonly reloads: Reloads; readonly metrics: Metrics; readonly stopwatch: () => number; readonly clock: Clock; readonly log: Log }
export interface Encryption { readonly atRest: EncryptionAtRest; readonly checks: readonly HealthCheck[]; stop(): void }

/** Reads the file and starts what it names; the file is read again when it changes, where that is wanted. Rejects with what is wrong with it. */
export async function encryption({ file, reload, kmsV1, reloads, metrics, stopwatch, clock, log }: EncryptionOptions): Promise<Encryption> {
  const load = (text: string) => {
    try { return readEncryption(text,
      { kmsV1, reload }) } catch (cause) { throw new Error(`error while parsing file: ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }) }
  }
  const first = readFileSync(file, 'utf8')
  const figures = new KmsFigures(metrics, clock, stopwatch)
  let { rules, services } = await start(load(first), figures, clock, log)
  reloads.inForce(first)
  const atRest = new EncryptionAtRest(rules, resourceNames(kinds), new TransformationMetrics(metrics, stopwatch))
  const unwatch = reload ? watchFiles([file], log, reloads.counted(async (text) => {
    const next = await start(load(text), figures, clock, log)
    try {
      for (const { health } of next.services) health()
      await atRest.replace(next.rules)
    } catch (error) { for (const each of next.services) each.stop(); throw error }
    for (const each of services) each.stop()
    services = next.services
    log.info('reloaded encryption config')
  })) : () => {}
  const checks: HealthCheck[] = reload ? [{ name: 'kms-providers', check: () => { for (const { health } of services) health() } }]
    : services.map(({ health }, i) => ({ name: `kms-provider-${i}`, check: health }))
  return { atRest, checks, stop() { unwatch(); for (const each of services) each.stop() } }
}

async function start(plans: readonly ResourcePlan[], figures: KmsFigures, clock: Clock, log: Log): Promise<{ rules: SealingRule[]; services: KmsProvider[] }> {
  const services = new Map<string, KmsProvider>()
  const provider = async (plan: ProviderPlan): Promise<SealingProvider> => {
    if (plan.type !== 'kms') return local(plan)
    const known = services.get(plan.name)
    if (known) return known
    const made = new KmsProvider({ name: plan.name, version: plan.version, service: await keyService(plan.version, plan.socket, plan.timeoutMs, (method) => figures.calling(plan.name, method)), clock, log, figures })
    services.set(plan.name, made)
    return made
  }
  const rules: SealingRule[] = []
  for (const { group, resource, providers } of plans) {
    const made: SealingProvider[] = []
    for (const each of providers) made.push(await provider(each))
    rules.push({ group, resource, providers: made })
  }
  await Promise.all([...services.values()].map((each) => each.start()))
  return { rules, services: [...services.values()] }
}

const ciphers = { aescbc: aesCbc, aesgcm: aesGcm, secretbox }
function local(plan: Exclude<ProviderPlan, { type: 'kms' }>): SealingProvider {
  if (plan.type === 'identity') return { prefix: '', keys: [], noKey: '' }
  return {
    prefix: `k8s:enc:${plan.type}:v1:`, noKey: `no matching key was found for the provided ${plan.type === 'secretbox' ? 'Secretbox' : 'AES'} transformer`,
    keys: plan.keys.map(({ name, secret }) => ({ prefix: `${name}:`, ...ciphers[plan.type](secret) })),
  }
}
