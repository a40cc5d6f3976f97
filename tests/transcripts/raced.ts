/** What depends on who is faster or on how busy a machine is: in which step, and which text of its answer. All else in those steps is compared. (docs/decisions/0004-recordings.md) */
export const raced: Readonly<Record<string, RegExp>> = {
  // Whether the disruption controller has counted anew since the eviction before: until then as many are healthy as before.
  'd-eviction 16-allowed': /needs \d healthy pods and has \d currently|does not allow evicting pods currently/g,
  'd-eviction 19-refused': /needs \d healthy pods and has \d currently|does not allow evicting pods currently/g,
  // The age of what was just made, in a cell or a text where the recorder does not look for one.
  'a-kind-ipaddresses 08-table-get': /"\ds"/g,
  'a-kind-ipaddresses 09-table-list': /"\ds"/g,
  'c-negotiation 22-get-yaml-table': /\\n {2}- \ds\\n/g,
}

/**
 * Transcripts whose recorder polled until a controller had begun, and then looked: between two writes of the controller there are a few milliseconds in which
 * the reference too shows the first one only. One that differs is played once more, and differs when it does so again.
 */
export const polled: ReadonlySet<string> = new Set(['h-deployment'])
