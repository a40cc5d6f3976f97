/** The parts of an apiVersion: `apps/v1`, or `v1` of the group without a name. */
export function parseApiVersion(text: string): { readonly group: string; readonly version: string } {
  const slash = text.indexOf('/')
  return { group: text.slice(0, Math.max(slash, 0)), version: text.slice(slash + 1) }
}
export const printApiVersion = ({ group, version }: { readonly group: string; readonly version: string }): string => (group === '' ? version : `${group}/${version}`)
