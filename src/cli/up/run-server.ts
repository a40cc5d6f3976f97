import { clusterOptions, pathsOf } from '../cluster-options.ts'
import { checkLayout } from '../data-dir.ts'
import type { Values } from '../flag.ts'
import type { clusterFlags, outputFlags } from '../flags/cluster-flags.ts'
import type { serverFlags } from '../flags/server-flags.ts'
import type { processFlags } from '../flags/up-flags.ts'
import { kubeconfigFiles } from '../kubeconfig-file.ts'
import type { Terminal } from '../terminal.ts'
import { describeUp } from './describe.ts'
import { runForeground } from './foreground.ts'
import { lastPortOf } from './resume.ts'
import { assembly } from './run-up.ts'

type ServerValues = Values<typeof clusterFlags> & Values<typeof outputFlags> & Values<typeof processFlags> & Values<typeof serverFlags>

/** `server`: a control plane without nodes, until a signal ends it. */
export async function runServer(values: ServerValues, terminal: Terminal, idle: ReadonlyMap<string, string>): Promise<number> {
  const paths = pathsOf(values)
  checkLayout(paths)
  const options = clusterOptions({ ...values, runtime: 'simulated', nodes: 0, simulate: 0 }, { noContainers: undefined, lastPort: lastPortOf(paths), idle })
  const files = values.kubeconfig === undefined ? [] : kubeconfigFiles(values.kubeconfig)
  await runForeground({ options, kubeconfigFiles: files, manifests: [], waitMs: 0, noContainers: undefined }, await assembly(), {
    progress: () => {},
    warn: (line) => { terminal.note(terminal.paint.yellow(line)) },
    ready: (report) => {
      if (values.output === 'json') terminal.out(JSON.stringify(report))
      else for (const line of describeUp(report, true, terminal.paint)) terminal.out(line)
    },
    stopping: () => { terminal.note('stopping') },
  })
  return 0
}
