// Lists of resources (cpu, memory, ...): amounts by name.
import { formatQuantity, parseQuantity, quantityMilli, quantityOf } from '#machinery'

export type ResourceList = Record<string, string>

/** Amounts finer than a thousandth are rounded up to one, in place. */
export function roundResources(...lists: (ResourceList | undefined)[]): void {
  for (const list of lists) {
    for (const name in list) {
      const text = list[name]!
      // Canonical texts end in n or u exactly when they are finer than that.
      if (/[nu]$/.test(text)) list[name] = formatQuantity(quantityOf(quantityMilli(text), parseQuantity(text).format, true))
    }
  }
}

/** Resources that Kubernetes itself knows: no domain, or one of its own. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')
export const isHugePages = (name: string): boolean => name.startsWith('hugepages-')
/** Resources of devices and the like: example.com/gpu. */
export const isExtendedResource = (name: string): boolean => !isNativeResource(name) && !name.startsWith('requests.')
/** Limits may be above requests (cpu, memory); not so for devices and huge pages. */
export const mayOvercommit = (name: string): boolean => isNativeResource(name) && !isHugePages(name)
