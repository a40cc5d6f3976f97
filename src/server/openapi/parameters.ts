// The parameters of operations as OpenAPI documents show them.

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'body'
  readonly type?: 'string' | 'boolean' | 'integer'
  readonly description?: string
  readonly required?: true
  /** Of a body: the name of its definition. */
  readonly schema?: string
}
const query = (name: string, type: 'string' | 'boolean' | 'integer', description: string): Parameter => ({ name, in: 'query', type, description })

const dryRun = query('dryRun', 'string', 'All: everything is done but nothing is kept.')
const fieldManager = query('fieldManager', 'string', 'The name that the changed fields are kept under. Must be given for apply.')
const fieldValidation = query('fieldValidation', 'string', 'What becomes of unknown and duplicate fields: Ignore drops them, Warn drops them and says so, Strict refuses the request.')
const selecting = [
  query('continue', 'string', 'Where the page before ended, as its metadata said.'), query('fieldSelector', 'string', 'Only objects whose fields are so.'),
  query('labelSelector', 'string', 'Only objects whose labels are so.'), query('limit', 'integer', 'The most objects of one page.'),
  query('resourceVersion', 'string', 'The version to show, or to watch from.'), query('resourceVersionMatch', 'string', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'boolean', 'A watch begins with everything there is, and a bookmark that ends it.'), query('timeoutSeconds', 'integer', 'How long the request may last.'),
]
const ending = [
  dryRun, query('gracePeriodSeconds', 'integer', 'Seconds that the object has to end in; 0: at once.'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean', 'Delete also what can no longer be read from the store. It may break the cluster.'),
  query('orphanDependents', 'boolean', 'Superseded by propagationPolicy.'), query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
]
/** In order of their names, as in the documents. */
export const creating: readonly Parameter[] = [dryRun, fieldManager, fieldValidation]
export const patching: readonly Parameter[] = [dryRun, fieldManager, fieldValidation, query('force', 'boolean', 'Apply takes over fields that others hold.')]
export const deleting: readonly Parameter[] = ending
export const listing: readonly Parameter[] = byName([query('allowWatchBookmarks', 'boolean', 'Tell a watcher the newest version from time to time.'), ...selecting, query('watch', 'boolean', 'Changes as they come, in place of a list.')])
export const deletingCollection: readonly Parameter[] = byName([...ending, ...selecting])
export const pretty = query('pretty', 'string', 'true: the answer is indented.')
export const body = (schema: string, required: boolean): Parameter => ({ name: 'body', in: 'body', schema, ...(required && { required: true }) })
export const pathName = (kind: string): Parameter => ({ name: 'name', in: 'path', type: 'string', required: true, description: `name of the ${kind}` })
export const pathNamespace: Parameter = { name: 'namespace', in: 'path', type: 'string', required: true, description: 'object name and auth scope, such as for teams and projects' }
export const pathRest: Parameter = { name: 'path', in: 'path', type: 'string', required: true, description: 'path to the resource' }

const container = query('container', 'string', 'Which container; may be left out where there is one.')
const streams = [query('stderr', 'boolean', 'Bring its errors.'), query('stdin', 'boolean', 'Give it input.'), query('stdout', 'boolean', 'Bring its output.'), query('tty', 'boolean', 'Through a terminal.')]
/** What subresources take that connect or stream. */
export const subresourceParameters: Readonly<Record<string, readonly Parameter[]>> = {
  log: [container, query('follow', 'boolean', 'Go on as it is written.'), query('insecureSkipTLSVerifyBackend', 'boolean', 'Do not check the certificate of the node\'s agent.'), query('limitBytes', 'integer', 'The most bytes.'),
    query('previous', 'boolean', 'Of the run before this one.'), query('sinceSeconds', 'integer', 'Only what is younger.'), query('stream', 'string', 'All, Stdout or Stderr.'), query('tailLines', 'integer', 'Only the last lines.'), query('timestamps', 'boolean', 'Each line with its time.')],
  exec: byName([query('command', 'string', 'What to run, with its arguments.'), container, ...streams]),
  attach: byName([container, ...streams]),
  portforward: [query('ports', 'integer', 'Which ports.')],
  proxy: [query('path', 'string', 'The path to ask for.')],
}

function byName(list: readonly Parameter[]): readonly Parameter[] { return [...list].sort((a, b) => (a.name < b.name ? -1 : 1)) }
