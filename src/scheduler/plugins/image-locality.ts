import type { Plugin } from '../framework.ts'

const least = 23 * 1024 * 1024, most = 1000 * 1024 * 1024

/** Better a node that has the pod's images, the more the larger they are. */
export const imageLocality: Plugin = {
  name: 'ImageLocality', wakes: [],
  prepare({ spec }) {
    const images = [...(spec.initContainers ?? []), ...spec.containers].map((c) => withTag(c.image ?? ''))
    return {
      score({ node }) {
        const held = node!.status?.images
        if (!held?.length) return 0
        let sum = 0
        for (const image of images) sum += Number(held.find((i) => i.names?.includes(image))?.sizeBytes ?? 0)
        const cap = most * images.length
        return Math.floor((100 * (Math.min(Math.max(sum, least), cap) - least)) / (cap - least))
      },
      normalize: 'none',
    }
  },
}
const withTag = (image: string): string => (image.lastIndexOf(':') <= image.lastIndexOf('/') && !image.includes('@') ? `${image}:latest` : image)
