// What the columns of built-in kinds say of themselves. The texts are part of the wire (a client gets them in every Table), recorded in
// column-descriptions.json like the protobuf numbers: they would drown the kinds' files.
import texts from './column-descriptions.json' with { type: 'json' }

const recorded: Readonly<Record<string, Readonly<Record<string, string | undefined>> | undefined>> = texts
const everywhere = recorded['*']!

/** The description of a column by the group and plural of its kind; '' when there is none. */
export const columnDescription = ({ group, resource }: { readonly group: string; readonly resource: string }, column: string): string =>
  recorded[`${group}/${resource}`]?.[column] ?? everywhere[column] ?? ''
