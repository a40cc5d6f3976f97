import { choice, files, integer, path, switches, toggle } from '../flag.ts'

const group = 'Nodes'

/** Nodes of a cluster on this machine. */
export const nodeFlags = {
  runtime: choice({ group, description: 'What runs the containers; auto is containerd where there is root and containerd, else simulated' }, ['auto', 'containerd', 'simulated'], 'auto'),
  nodes: integer({ group, description: 'Nodes, each with its own network namespace and containerd when they are real', defaultText: '1, or 0 with --simulate' }, [0, 64]),
  simulate: integer({ group, description: 'Nodes without containers: pods get scheduled, run and finish as their annotations tell' }, [0, 100_000]),
}

/** How `up` behaves. */
export const upFlags = {
  file: files({ short: 'f', description: 'Apply these manifests when the cluster is ready: a file, a folder or a URL' }),
  detach: toggle({ description: 'Return as soon as the cluster is ready and leave it running' }),
}

/** What a control plane needs to know about this machine. */
export const processFlags = {
  port: integer({ description: 'Port of the API server; 0 takes a free one', defaultText: 'the one used last, else 6443; a free one for clusters not called proa' }, [0, 65_535]),
  kubeconfig: path({ description: 'The kubeconfig to write the context into', defaultText: '$KUBECONFIG, else ~/.kube/config' }),
  logLevel: choice({ description: 'How much the log says' }, ['debug', 'info', 'warn', 'error'], 'info'),
  v: integer({ description: 'The same as a number, as the reference counts: 4 and more is debug' }, [0, 10]),
  featureGates: switches({ description: 'Features to switch on or off' }),
}
