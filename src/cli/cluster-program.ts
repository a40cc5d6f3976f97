// What the commands ask of the assembly: the program behind the command line. src/assembly exports these functions.
import type { Log } from '#machinery'
import type { ClusterOptions } from './cluster-options.ts'
import type { ControllerManagerOptions, SchedulerRunOptions } from './component-options.ts'
import type { ClusterPaths } from './data-dir.ts'

/** What goes with every call: where to log, and a way to say what takes long (a short phrase: "starting node-2"). */
export interface Context {
  readonly log: Log
  readonly progress: (step: string) => void
  /** How much the log says from now on, as klog counts (4 and more is debug). */
  readonly setVerbosity?: (level: number) => void
  /** What a component was told, for its /flagz. */
  readonly shownFlags?: Readonly<Record<string, string>>
  /** Calls back now, and whenever the audit stream of the log is switched on (with where lines go) or off. Returns what ends that. */
  readonly followAudit?: (run: (write: ((text: string) => boolean) | undefined) => void) => () => void
}

export interface RunningCluster {
  /** `https://127.0.0.1:6443`. */
  readonly server: string
  /** PEM texts: the authority of the server's certificate, and the administrator's certificate and key. */
  readonly admin: { readonly certificateAuthority: string; readonly certificate: string; readonly key: string }
  /** Rejects when the cluster cannot go on (the disk failed), with an error that says what to do. Never resolves otherwise. */
  readonly failed: Promise<never>
  /** Stops the control plane; real nodes run on. Finishes what is acknowledged, ends watches, closes the store. */
  stop(): Promise<void>
}

/** A process beside the API server. */
export interface Running {
  /** Rejects when it cannot go on. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

export interface LoadedImage { readonly name: string; readonly nodes: readonly string[] }

/** Why an object is as it is. */
export interface Explained {
  readonly subject: string
  readonly state: string
  readonly reasons: readonly { readonly what: string; readonly details?: readonly string[]; readonly remedy?: string }[]
}

/**
 * Errors: a Failure-like Error whose message is one line that says what to do; a system error keeps its `code`
 * (EADDRINUSE, ENOSPC), here or in `cause`.
 */
export interface ClusterProgram {
  /** Starts or resumes a cluster; resolves when /readyz answers. Real nodes that still run are adopted. On failure it leaves nothing running that it started. */
  startCluster(options: ClusterOptions, context: Context): Promise<RunningCluster>
  /** Ends the real nodes of a cluster: agents, containers, containerd, interfaces, rules, mounts. The data stays. Does nothing where there are none. */
  stopNodes(paths: ClusterPaths, context: Context): Promise<void>
  /** Starts the agents of real nodes that do not run although their cluster does; the names of those nodes. */
  resumeNodes(paths: ClusterPaths, context: Context): Promise<readonly string[]>
  /** Loads images (an OCI or docker tar, or a folder to make one of) into the real nodes; all nodes when none are named. */
  loadImages(paths: ClusterPaths, files: readonly string[], nodes: readonly string[], context: Context): Promise<readonly LoadedImage[]>
  /** A node's agent, until it is stopped; containers run on. What the file holds is the assembly's business. */
  runAgent(configFile: string, context: Context): Promise<Running>
  /** Explains an object of the cluster that a kubeconfig names. */
  why(question: { readonly kubeconfig: string; readonly kind: string; readonly name: string; readonly namespace: string }, context: Context): Promise<Explained>
  /** The controllers alone, against the API server that a kubeconfig names; resolves when they take part in the election. */
  runControllerManager(options: ControllerManagerOptions, context: Context): Promise<Running>
  /** The scheduler alone, until it is stopped or loses its lease. */
  runScheduler(options: SchedulerRunOptions, context: Context): Promise<Running>
}
