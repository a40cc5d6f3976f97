/** Steps whose answer depends on who is faster, by transcript and step, and the rule that holds instead (docs/decisions/0004-recordings.md). */
export const raced: Readonly<Record<string, string>> = {
  'd-eviction 16-allowed': 'the message tells how many pods are healthy once the disruption controller has counted anew, within the milliseconds since the request before',
}
