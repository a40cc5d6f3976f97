import { silent } from '#machinery'
import type { Explained } from './cluster-program.ts'
import { pathsOf } from './cluster-options.ts'
import { clusterExists } from './data-dir.ts'
import { Failure, messageOf, usageError } from './failure.ts'
import type { Paint, Terminal } from './terminal.ts'
import { assembly } from './up/run-up.ts'

interface WhyValues { readonly name: string; readonly dataDir: string | undefined; readonly namespace: string; readonly kubeconfig: string | undefined; readonly output: 'text' | 'json' }

/** `why`. */
export async function runWhy(values: WhyValues, word: string, terminal: Terminal): Promise<number> {
  const [, kind, name] = /^([^/]+)\/([^/]+)$/.exec(word) ?? []
  if (kind === undefined || name === undefined) throw usageError(`write what is meant as KIND/NAME, such as pod/web-0, not ${JSON.stringify(word.slice(0, 100))}`)
  const paths = pathsOf(values)
  if (values.kubeconfig === undefined && !clusterExists(paths)) throw new Failure(`there is no cluster ${values.name}; ./proa up makes one, --kubeconfig FILE asks another`)
  const explained = await (await assembly()).why({ kubeconfig: values.kubeconfig ?? paths.kubeconfigFile, kind, name, namespace: values.namespace }, { log: silent, progress: () => {} })
    .catch((error: unknown) => { throw new Failure(messageOf(error), 1, { cause: error }) })
  if (values.output === 'json') terminal.out(JSON.stringify(explained))
  else for (const line of describe(explained, terminal.paint)) terminal.out(line)
  return 0
}

/** For people: each reason with what it is drawn from and what would change it. */
export function describe({ subject, state, reasons }: Explained, paint: Paint): string[] {
  return [paint.bold(`${subject} ${state}`), ...reasons.flatMap(({ what, details = [], remedy }) => [`  - ${what}`, ...details.map((line) => `      ${paint.dim(line)}`), ...(remedy === undefined ? [] : [`      to change it: ${remedy}`])])]
}
