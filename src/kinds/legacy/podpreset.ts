// PodPreset (settings.k8s.io/v1alpha1): what is put into the pods of a namespace whose labels it selects. Gone with v1.20; the admission plugin
// of the same name acts on it where it is served.
import { defineKind, labelSelector, s, validateLabelSelector, type FieldError, type ObjectOf } from '#machinery'
import { envFromSource, envVar, volumeMount } from '../core/pod/container.ts'
import { volume } from '../core/pod/volume.ts'
import * as cells from '../cells.ts'

export const podPreset = defineKind({
  group: 'settings.k8s.io', version: 'v1alpha1', kind: 'PodPreset', plural: 'podpresets', scope: 'Namespaced', definition: 'io.k8s.api.settings.v1alpha1.PodPreset',
  deprecated: 'settings.k8s.io/v1alpha1 PodPreset is deprecated in v1.18+, unavailable in v1.20+',
  columns: [cells.name, cells.age],
  fields: {
    spec: s.value(s.object('io.k8s.api.settings.v1alpha1.PodPresetSpec', {
      env: s.list(envVar), envFrom: s.list(envFromSource), selector: s.value(labelSelector), volumeMounts: s.list(volumeMount), volumes: s.list(volume),
    })),
  },
  validate: ({ spec: { selector } }): FieldError[] => validateLabelSelector(selector, 'spec.selector'),
})
export type PodPreset = ObjectOf<typeof podPreset>
