import { definePlugin } from '../framework.ts'

const MB = 1024 * 1024
const least = 23 * MB, mostEach = 1000 * MB

/** Better a node that has the pod's images: the more the larger they are, and the more nodes have them, so that one node is not flooded. */
export const imageLocality = definePlugin({
  name: 'ImageLocality',
  make: ({ nodes: { images }, nodes }) => ({
    name: 'ImageLocality', events: [],
    score({ pod: { pod: { spec } } }) {
      const containers = [...(spec.initContainers ?? []), ...spec.containers], wanted = [...containers.map((c) => c.image ?? ''), ...(spec.volumes ?? []).flatMap((v) => v.image?.reference ?? [])].map(withTag)
      const known = wanted.filter((image) => images.spread(image) > 0), most = mostEach * wanted.length, all = nodes.list.length
      if (known.length === 0) return undefined
      return {
        of({ name }) {
          let sum = 0
          for (const image of known) sum += Math.floor((images.sizeOn(name, image) ?? 0) * (images.spread(image) / all))
          return Math.floor((100 * (Math.min(Math.max(sum, least), most) - least)) / (most - least))
        },
      }
    },
  }),
})
const withTag = (image: string): string => (image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image)
