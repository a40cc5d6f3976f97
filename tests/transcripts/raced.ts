/** What depends on how busy a machine is: in which step, and which text of its answer. All else in those steps is compared. (docs/decisions/0004-recordings.md) */
export const raced: Readonly<Record<string, RegExp>> = {
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
