/** Steps in which the reference raced with itself, by transcript and step, and the rule that holds instead (docs/decisions/0004-recordings.md). */
export const raced: Readonly<Record<string, string>> = {}
