// One of the things that run side by side in the control plane, and how it is started.
import { run, type Cluster, type Controller } from '#client'
import type { AnyObject, Clock, Log, User } from '#machinery'

/** Something that runs beside the others under a service account of its own. */
export interface Part {
  /** With "-controller" behind it: what people call it (kube-controller-manager's --controllers). */
  readonly name: string
  /** The service account in kube-system, when it is not `${name}-controller`. */
  readonly identity?: string
  /** Who it is, for what is the API server's own business. */
  readonly user?: User
  /** It runs only where it is asked for. */
  readonly isOptional?: true
  /** What events call it, when it is not `${name}-controller`. */
  readonly component?: string
  /** Runs until the returned function is called, which resolves when it has ended. */
  start(cluster: Cluster, workers?: number): () => Promise<void>
}

/** A controller as a part. */
export const part = <T extends AnyObject>(controller: Controller<T>, component?: string): Part => ({
  name: controller.name, ...(controller.identity && { identity: controller.identity }), ...(component && { component }), start: (cluster, workers) => run(workers === undefined ? controller : { ...controller, workers }, cluster),
})

/** Several controllers that are one part. */
export const together = (first: Part, ...others: readonly Part[]): Part => ({
  ...first,
  start(cluster, workers) {
    const stops = [first.start(cluster, workers), ...others.map((other) => other.start(cluster))]
    return async () => { await Promise.all(stops.map((stop) => stop())) }
  },
})

/** The service account a part acts as. */
export function identityOf({ name, identity = `${name}-controller`, user }: Pick<Part, 'name' | 'identity' | 'user'>): User {
  return user ?? { name: `system:serviceaccount:kube-system:${identity}`, groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'] }
}

export interface Start {
  /** A cluster as this user sees it; `component` names it in events. */
  readonly as: (user: User, component: string) => Cluster
  readonly clock: Clock
  readonly log: Log
  /** Which ones by name; default all. */
  readonly only?: readonly string[]
  /** How many objects one works on at once, by its name; default its own. */
  readonly workers?: Readonly<Record<string, number>>
}

/** Starts parts, each with its own identity; the returned function stops them all and resolves when the last reconcile has ended. */
export function startParts(parts: readonly Part[], { as, only, workers = {} }: Start): () => Promise<void> {
  const stops = parts.filter(({ name }) => only?.includes(name) ?? true).map((one) => one.start(as(identityOf(one), one.component ?? `${one.name}-controller`), workers[one.name]))
  return async () => { await Promise.all(stops.map((stop) => stop())) }
}
