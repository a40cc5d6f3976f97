// A claim may grow only when it is bound and its class says that its volumes can.
import { storageClass, type PersistentVolumeClaim } from '#kinds'
import { compareQuantities } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { on, refusal, type AdmissionPlugin } from './admission.ts'

const oldAnnotation = 'volume.beta.kubernetes.io/storage-class'

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  handles: on(['UPDATE'], 'persistentvolumeclaims'),
  validate(attributes) {
    const claim = attributes.object as PersistentVolumeClaim, old = attributes.old as PersistentVolumeClaim
    if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return
    if (old.status?.phase !== 'Bound') throw refusal(attributes, 'Only bound persistent volume claims can be expanded')
    if (!mayGrow(claim, old, attributes.objects)) throw refusal(attributes, 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize')
  },
}
const sizeOf = (claim: PersistentVolumeClaim): string => claim.spec?.resources?.requests?.storage ?? '0'
const classOf = ({ metadata, spec }: PersistentVolumeClaim): string => metadata.annotations?.[oldAnnotation] ?? spec?.storageClassName ?? ''

function mayGrow(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, objects: ObjectReader): boolean {
  const name = classOf(claim)
  return name !== '' && name === classOf(old) && objects.get(storageClass, name)?.allowVolumeExpansion === true
}
