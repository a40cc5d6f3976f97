import { defineKind, s, type ObjectOf } from '#machinery'

export const controllerRevision = defineKind({
  group: 'apps', version: 'v1', kind: 'ControllerRevision', plural: 'controllerrevisions',
  scope: 'Namespaced',
  definition: 'io.k8s.api.apps.v1.ControllerRevision',
  fields: {
    data: s.always(s.any('io.k8s.apimachinery.pkg.runtime.RawExtension')),
    revision: s.required(s.int64()),
  },
})
export type ControllerRevision = ObjectOf<typeof controllerRevision>
