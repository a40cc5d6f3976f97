// Images are always pulled: whoever has no right to an image cannot use the copy that another pod left on a node.
import type { Container, Pod } from '#kinds'
import { notSupported } from '#machinery'
import { on, refusal, type AdmissionAttributes, type AdmissionPlugin } from './admission.ts'

export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  handles: on(['CREATE', 'UPDATE'], 'pods'),
  mutate(attributes) {
    if (bringsNoImages(attributes)) return
    const { spec } = attributes.object as Pod
    for (const { container } of containers(spec)) container.imagePullPolicy = 'Always'
    for (const { image } of spec.volumes ?? []) if (image) image.pullPolicy = 'Always'
  },
  validate(attributes) {
    if (bringsNoImages(attributes)) return
    const { spec } = attributes.object as Pod
    const wrong = [
      ...containers(spec).filter(({ container }) => container.imagePullPolicy !== 'Always').map(({ container, at }) => notSupported(`${at}.imagePullPolicy`, container.imagePullPolicy, ['Always'])),
      ...(spec.volumes ?? []).flatMap(({ image }, i) => (image && image.pullPolicy !== 'Always' ? [notSupported(`spec.volumes[${i}].image.pullPolicy`, image.pullPolicy, ['Always'])] : [])),
    ].map(({ field, message }) => `${field}: ${message}`)
    if (wrong.length > 0) throw refusal(attributes, wrong.length === 1 ? wrong[0]! : `[${wrong.join(', ')}]`)
  },
}

const containers = (spec: Pod['spec']): { container: Pick<Container, 'image' | 'imagePullPolicy'>; at: string }[] =>
  (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) => (spec[list] ?? []).map((container, i) => ({ container, at: `spec.${list}[${i}]` })))

/** An update that runs nothing but what ran before keeps its policy: it could not be changed anyhow. */
function bringsNoImages({ operation, object, old }: AdmissionAttributes): boolean {
  if (operation !== 'UPDATE') return false
  const before = new Set(imagesOf(old as Pod))
  return imagesOf(object as Pod).every((image) => before.has(image))
}
const imagesOf = ({ spec }: Pod): (string | undefined)[] =>
  [...containers(spec).map(({ container }) => container.image), ...(spec.volumes ?? []).flatMap(({ image }) => (image ? [image.reference] : []))]
