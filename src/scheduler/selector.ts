import { selectorFrom, type LabelSelector } from '#machinery'

/** A function that says whether labels match; no selector matches nothing, an empty one everything. */
export function labelSelectorMatcher(selector: LabelSelector | undefined): (labels: Readonly<Record<string, string>>) => boolean {
  const compiled = selectorFrom(selector)
  return (labels) => compiled.matches(labels)
}
