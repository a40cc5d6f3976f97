import { choice, duration, files, integer, list, path, switches, toggle, type Flag } from '../flag.ts'
import { logFormats } from '../log-line.ts'
import { streamNames, type StreamName } from '../log-streams.ts'

const group = 'Nodes'

/** Nodes of a cluster on this machine. */
export const nodeFlags = {
  runtime: choice({ group, description: 'What runs the containers; auto is containerd where there is root and containerd, else simulated' }, ['auto', 'containerd', 'simulated'], 'auto'),
  nodes: integer({ group, description: 'Nodes, each with its own network namespace and containerd when they are real', defaultText: 'as many as last time; at first 1, or 0 with --simulate' }, [0, 64]),
  simulate: integer({ group, description: 'Nodes without containers: pods get scheduled, run and finish as their annotations tell' }, [0, 100_000]),
}

/** How `up` behaves. */
export const upFlags = {
  file: files({ short: 'f', description: 'Apply these manifests when the cluster is ready: a file, a folder or a URL' }),
  detach: toggle({ description: 'Return as soon as the cluster is ready and leave it running' }),
  wait: duration({ description: 'Wait so long at most until all nodes are Ready, too; 0 waits for none' }, 0, '0s'),
}

/** What a control plane needs to know about this machine. */
export const processFlags = {
  port: integer({ description: 'Port of the API server; 0 takes a free one', defaultText: 'the one used last, else 6443; a free one for clusters not called proa' }, [0, 65_535]),
  kubeconfig: path({ description: 'The kubeconfig to write the context into', defaultText: '$KUBECONFIG, else ~/.kube/config' }),
  logLevel: choice({ description: 'How much the log says' }, ['debug', 'info', 'warn', 'error'], 'info'),
  loggingFormat: choice({ description: 'Lines as klog writes them, or as JSON' }, logFormats, 'text'),
  logStreams: streams({ description: 'Streams of the log that get a file of their own: api, audit, authenticator, controllerManager, scheduler; ./proa logs --enable and --disable switch them later', defaultText: 'as they were' }),
  v: integer({ description: 'The same as a number, as the reference counts: 4 and more is debug' }, [0, 10]),
  featureGates: switches({ description: 'Features to switch on or off' }),
}

/** Some of the five streams; absent: nothing was said. */
export function streams(words: { readonly description: string; readonly defaultText?: string }): Flag<readonly StreamName[] | undefined> {
  const some = list(words, [], streamNames)
  return { ...some, default: undefined, parse: (given, before) => (given === 'none' ? [] : some.parse(given, before ?? []) as StreamName[]) }
}
