// Warnings about custom resources.
import { isQualifiedName, quote, type LooseObject } from '#machinery'

const standard = ['orphan', 'foregroundDeletion', 'kubernetes']
/** About finalizers that are new: names without a domain get in each other's way. */
export function finalizerWarnings({ metadata: { finalizers = [] } }: LooseObject, old?: LooseObject): string[] {
  const before = old?.metadata.finalizers ?? []
  return [...new Set(finalizers)].filter((name) => !before.includes(name)).sort().flatMap((name) => {
    const about = `metadata.finalizers: ${quote(name)}: `
    const texts = isQualifiedName(name).map((why) => about + why)
    if (!name.includes('/') && !standard.includes(name))
      texts.push(`${about}prefer a domain-qualified finalizer name${name.includes('.') ? ' including a path (/)' : ''} to avoid accidental conflicts with other finalizer writers`)
    return texts
  })
}
