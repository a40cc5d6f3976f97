import { persistentVolume, pod, referencedClaims, storageClass, type PersistentVolume, type PersistentVolumeClaim } from '#kinds'
import { compareQuantities, selectorFrom } from '#machinery'
import { count, namesOf, type Reason } from './explanation.ts'
import type { Look } from './look.ts'

const defaultClass = 'storageclass.kubernetes.io/is-default-class'

/** Why a claim waits for a volume. */
export async function claimReasons(claim: PersistentVolumeClaim, look: Look): Promise<Reason[]> {
  const { metadata, spec } = claim, [classes, volumes] = [await look.list(storageClass), await look.list(persistentVolume)], name = spec.storageClassName
  const reasons: Reason[] = [], chosen = classes.find((one) => one.metadata.name === name)
  if (spec.volumeName) {
    const volume = volumes.find((one) => one.metadata.name === spec.volumeName)
    return [volume ? { what: `it asks for the volume ${spec.volumeName}: ${mismatch(claim, volume) ?? 'which fits; the binder will tell'}` } : { what: `it asks for the volume ${spec.volumeName}, which is not there`, remedy: 'make that volume' }]
  }
  if (name === undefined) reasons.push({ what: classes.some((one) => one.metadata.annotations?.[defaultClass] === 'true') ? 'it had no class when it was made, and waits for the default one' : 'it names no storage class and there is no default one', remedy: 'mark a StorageClass as the default, or make a volume without a class' })
  else if (name !== '' && !chosen) reasons.push({ what: `there is no StorageClass ${name}`, remedy: `make it, or ask for one of: ${namesOf(classes.map((one) => one.metadata.name)) || 'none is there'}` })
  if (chosen?.volumeBindingMode === 'WaitForFirstConsumer') {
    const users = (await look.list(pod, metadata.namespace)).filter((p) => referencedClaims(p).includes(metadata.name))
    const placed = users.filter((p) => p.spec.nodeName)
    if (placed.length === 0) reasons.push(users.length === 0 ? { what: `the class ${name} binds when a pod uses the claim, and none does`, remedy: 'make the pod' } : { what: `the class ${name} binds when a pod that uses the claim has a node: ${namesOf(users.map((p) => p.metadata.name))} has none yet`, remedy: `./proa why pod/${users[0]!.metadata.name} -n ${metadata.namespace}` })
  }
  const unfit = volumes.filter((one) => (one.spec.storageClassName ?? '') === (name ?? '')).map((one) => ({ volume: one.metadata.name, why: mismatch(claim, one) }))
  const fitting = unfit.filter(({ why }) => why === undefined)
  if (fitting.length > 0) reasons.push({ what: `${count(fitting.length, 'volume')} would fit: ${namesOf(fitting.map(({ volume }) => volume))}`, remedy: 'the binder takes one: see whether the controllers run' })
  else if (unfit.length > 0) reasons.push({ what: 'no volume of its class fits', details: unfit.map(({ volume, why }) => `${volume}: ${why}`) })
  else if (!chosen || chosen.provisioner === 'kubernetes.io/no-provisioner') reasons.push({ what: 'there is no volume of its class', remedy: 'make one' })
  if (chosen && chosen.provisioner !== 'kubernetes.io/no-provisioner') reasons.push({ what: `a new volume comes from ${chosen.provisioner}`, remedy: `see whether ${chosen.provisioner} runs, and the claim's events: kubectl describe pvc ${metadata.name} -n ${metadata.namespace}` })
  return reasons
}

/** Why a volume is not for this claim; undefined when it is. */
export function mismatch({ metadata, spec }: PersistentVolumeClaim, { metadata: { labels = {} }, spec: volume, status }: PersistentVolume): string | undefined {
  const { claimRef, capacity, accessModes = [] } = volume, asked = spec.resources?.requests?.['storage']
  if (claimRef?.name && (claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace)) return `is for the claim ${claimRef.namespace}/${claimRef.name}`
  if (status?.phase === 'Released' || status?.phase === 'Failed') return `is ${status.phase}`
  if ((volume.volumeMode ?? 'Filesystem') !== (spec.volumeMode ?? 'Filesystem')) return `has volumeMode ${volume.volumeMode ?? 'Filesystem'}`
  const lacking = (spec.accessModes ?? []).filter((mode) => !accessModes.includes(mode))
  if (lacking.length > 0) return `lacks the access mode ${lacking.join(', ')}`
  if (asked !== undefined && compareQuantities(capacity?.['storage'] ?? '0', asked) < 0) return `has ${capacity?.['storage'] ?? '0'}, and ${asked} is asked for`
  if (spec.selector && !selectorFrom(spec.selector).matches(labels)) return 'its labels are not those of the selector'
  return undefined
}
