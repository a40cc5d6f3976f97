import { deviceClass, deviceResourceClaim, isReservedFor, mayBeReserved, pod as podKind, resourceSlice, tainted, type DeviceResourceClaim, type Pod } from '#kinds'
import { parseDuration, same, uuid, type AnyObject } from '#machinery'
import { stateKey, type Cycle } from '../cycle-state.ts'
import { allocatedBy } from '../devices/allocated.ts'
import type { Allocation } from '../devices/allocation.ts'
import { allocate, NodeFailure, type Supply } from '../devices/allocator.ts'
import { bindClaim, deleteClaim, giveBack } from '../devices/bind-claim.ts'
import { hasConditions, isLate, readiness, whenReady } from '../devices/binding-conditions.ts'
import { ClaimsInHand } from '../devices/claims-in-hand.ts'
import { ExtendedClaims, type OnNode } from '../devices/extended-claims.ts'
import { stockOf } from '../devices/pools.ts'
import { claimName } from '../devices/requests.ts'
import { definePlugin } from '../framework.ts'
import { matchesTerm } from '../node-affinity.ts'
import type { NodeInfo } from '../node-info.ts'
import { byLargest } from '../profile.ts'
import { failed, skip, unresolvable, unschedulable, type Status } from '../status.ts'

export interface DynamicResourcesArgs { readonly filterTimeout?: string; readonly bindingTimeout?: string }
const defaultFilterTimeout = '10s', defaultBindingTimeout = '600s'
/** A request has so many alternatives at most: the first of them is worth that much. */
const mostAlternatives = 8

interface State {
  /** In the order of the pod, then that for its extended resources. As PreBind has written them. */
  readonly claims: DeviceResourceClaim[]
  readonly extended: DeviceResourceClaim | undefined
  /** Absent: all are allocated. */
  readonly supply: Supply | undefined
  /** Those that keep the pod away from a node, though others could be had there. */
  readonly inTheWay: Set<number>
  /** By node: what the claims with these indexes would get there. */
  readonly found: Map<string, { readonly wanted: readonly number[]; readonly allocations: readonly Allocation[]; readonly onNode: OnNode | undefined }>
  readonly reserved: Map<number, Allocation>
}
const stateOf = stateKey<State>('DynamicResources')
const nothing = unschedulable('no new claims to deallocate')

/** A pod goes where the devices of its claims are, or where there are devices for them (KEP-4381); they are its own before it is bound. */
export const dynamicResources = definePlugin<DynamicResourcesArgs>({
  name: 'DynamicResources', reads: [deviceResourceClaim, deviceClass, resourceSlice],
  make({ cluster, events, activate, background, halted, deviceTaintRules }, { filterTimeout = defaultFilterTimeout, bindingTimeout = defaultBindingTimeout }) {
    const inHand = new ClaimsInHand(cluster), extendedClaims = new ExtendedClaims(cluster), bindingMs = parseDuration(bindingTimeout), filterMs = parseDuration(filterTimeout)
    const slices = () => { const all = cluster.list(resourceSlice), rules = deviceTaintRules ? cluster.list(deviceTaintRules) : []; return rules.length > 0 ? all.map((slice) => tainted(slice, rules)) : all }
    const classOf = (name: string) => cluster.get(deviceClass, { name })
    const unallocated = ({ claims }: State): readonly number[] => claims.flatMap(({ status }, i) => (status?.allocation ? [] : [i]))
    const ignore = (what: string, pod: Pod) => (error: unknown) => { cluster.log.warn(what, { pod: pod.metadata.name, namespace: pod.metadata.namespace, error }) }

    function prepare(cycle: Cycle): State | Status {
      const { pod } = cycle.pod, named = inHand.of(pod)
      if ('why' in named) return unresolvable(named.why)
      const extended = extendedClaims.of(cycle.pod), claims = [...named, ...(extended ? [extended] : [])]
      if (claims.length === 0) return skip
      for (const claim of claims) {
        if (claim.status?.allocation) {
          if (!mayBeReserved(claim) && !isReservedFor(pod, claim)) return unresolvable('resourceclaim in use')
          continue
        }
        if (inHand.isPending(claim)) return unresolvable(`resource claim ${claimName(claim)} is in the process of being allocated`)
        const why = claim === extended ? undefined : missingClass(claim)
        if (why) return why
      }
      const supply = claims.some(({ status }) => !status?.allocation) ? supplyNow() : undefined
      return { claims, extended, supply, inTheWay: new Set(), found: new Map(), reserved: new Map() }
    }
    /** The search for devices must not hold up everything else: it has so much time for all nodes together. */
    function supplyNow(): Supply {
      const end = cluster.clock.now() + filterMs
      return { stock: stockOf(slices()), allocated: allocatedBy(inHand.allocated()), classOf, newId: () => uuid(cluster.random), ...(filterMs > 0 && { isLate: () => cluster.clock.now() > end }) }
    }
    function missingClass(claim: DeviceResourceClaim): Status | undefined {
      for (const { name, exactly, firstAvailable } of claim.spec.devices.requests ?? []) {
        if (!exactly && !firstAvailable?.length) return unresolvable(`resource claim ${claimName(claim)}, request ${name}: unknown request type`)
        for (const [request, { deviceClassName }] of exactly ? [[name, exactly] as const] : (firstAvailable ?? []).map((one) => [`${name}/${one.name}`, one] as const)) {
          if (!deviceClassName) return failed(new Error(`request ${request}: unsupported request type`))
          if (!classOf(deviceClassName)) return unresolvable(`request ${request}: device class ${deviceClassName} does not exist`)
        }
      }
      return undefined
    }

    function look(cycle: Cycle, state: State, node: NodeInfo): Status | undefined {
      const { claims, extended, supply, inTheWay } = state
      const onNode = extended && extendedClaims.on(node, cycle.pod, extended, claims.length === 1)
      if (onNode && 'code' in onNode) return onNode
      if (!onNode && extended && claims.length === 1) return undefined // plugins of devices give all that it asks for
      const now = cluster.clock.now(), bad = claims.flatMap((claim, i) => (isInTheWay(claim, node, now) ? [i] : []))
      let allocations: readonly Allocation[] | undefined, wanted: readonly number[] = []
      if (supply) {
        wanted = unallocated(state).filter((i) => claims[i] !== extended || onNode?.claim.spec.devices.requests)
        try {
          allocations = allocate(wanted.map((i) => (claims[i] === extended && onNode ? onNode.claim : claims[i]!)), node, supply)
        } catch (error) { return error instanceof NodeFailure ? unresolvable(error.message) : failed(error) }
        if (!allocations) return unresolvable('cannot allocate all claims')
      }
      for (const i of bad) inTheWay.add(i)
      if (bad.length > 0) return unresolvable('resourceclaim not available on the node')
      if (allocations) state.found.set(node.name, { wanted, allocations, onNode })
      return undefined
    }
    function isInTheWay(claim: DeviceResourceClaim, node: NodeInfo, now: number): boolean {
      const { allocation } = claim.status ?? {}
      if (!allocation) return false
      if (allocation.nodeSelector && !allocation.nodeSelector.nodeSelectorTerms.some((term) => matchesTerm(node, term))) return true
      const ready = readiness(claim)
      return typeof ready === 'object' || (ready === 'waiting' && isLate(claim, bindingMs, now))
    }

    /** Whether a change of a claim may help: it is the pod's own, or gives devices back. */
    function claimHelps({ pod }: { readonly pod: Pod }, old: AnyObject | undefined, now: AnyObject | undefined): boolean {
      const was = old as DeviceResourceClaim | undefined, is = now as DeviceResourceClaim | undefined, claims = inHand.of(pod)
      if ('why' in claims) return false
      if (was?.status?.allocation && !is?.status?.allocation) return true
      if (!is || !claims.some(({ metadata }) => metadata.uid === is.metadata.uid)) return false
      return !was || !same(was.status, is.status)
    }

    return {
      name: 'DynamicResources',
      events: [
        { on: 'resourceclaims.resource.k8s.io', actions: ['Add', 'Update', 'Delete'], helps: claimHelps },
        { on: 'TargetPod', actions: ['UpdatePodGeneratedResourceClaim'], helps: (_, __, now) => !('why' in inHand.of(now as Pod)) },
        { on: 'Node', actions: ['Add', 'UpdateNodeLabel', 'UpdateNodeTaint'] },
        { on: 'deviceclasses.resource.k8s.io', actions: ['Add', 'Update'] },
        { on: 'resourceslices.resource.k8s.io', actions: ['Add', 'Update'] },
        { on: 'devicetaintrules.resource.k8s.io', actions: ['Update', 'Delete'] },
      ],
      preEnqueue({ pod }) {
        const claims = pod.spec.resourceClaims?.length ? inHand.of(pod) : []
        return 'why' in claims ? unresolvable(claims.why) : undefined
      },
      preFilter(cycle) {
        const state = prepare(cycle)
        if ('code' in state) return state
        cycle.write(stateOf, state)
        return undefined
      },
      filter(cycle) {
        const state = cycle.read(stateOf)
        return state && ((node) => look(cycle, state, node))
      },

      async postFilter(cycle) {
        const state = cycle.read(stateOf), { pod } = cycle.pod
        if (!state) return { status: nothing }
        try {
          for (const i of state.inTheWay) {
            const claim = state.claims[i]!, { reservedFor = [], allocation: _, devices: __, ...status } = claim.status ?? {}
            if (claim === state.extended || reservedFor.length > 1 || (reservedFor.length === 1 && reservedFor[0]!.uid !== pod.metadata.uid)) continue
            await cluster.updateStatus(deviceResourceClaim, claim, status)
            return { status: unschedulable('deallocation of ResourceClaim completed') }
          }
          if (state.extended && extendedClaims.isWritten(state.extended)) {
            await deleteClaim(state.extended, cluster)
            return { status: unschedulable('deletion of ResourceClaim completed') }
          }
        } catch (error) { return { status: failed(error) } }
        return { status: unschedulable('still not schedulable') }
      },

      score(cycle) {
        const state = cycle.read(stateOf)
        if (!state) return undefined
        const scoreOf = ({ name }: NodeInfo) => { const found = state.found.get(name); return found?.wanted.reduce((sum, i, k) => sum + worth(state.claims[i]!, found.allocations[k]!), 0) ?? 0 }
        return { of: scoreOf, normalize: (scores) => { byLargest(scores) } }
      },

      reserve(cycle, node) {
        const state = cycle.read(stateOf)
        if (!state?.supply) return undefined
        const found = state.found.get(node.name)
        if (!found) return unallocated(state).every((i) => state.claims[i] === state.extended) ? undefined : failed(new Error('claim allocation not found for node'))
        for (const [k, i] of found.wanted.entries()) {
          const claim = state.claims[i] === state.extended && found.onNode ? found.onNode.claim : state.claims[i]!, allocation = found.allocations[k]!
          state.reserved.set(i, allocation)
          inHand.promise({ ...claim, status: { ...claim.status, allocation } })
        }
        return undefined
      },
      unreserve(cycle) {
        const state = cycle.read(stateOf), { pod } = cycle.pod
        if (!state) return
        for (const [i, claim] of state.claims.entries()) {
          inHand.forget(claim.metadata.uid)
          if (state.extended && i === state.claims.length - 1) {
            inHand.forget(state.extended.metadata.uid)
            if (extendedClaims.isWritten(claim)) background(deleteClaim(claim, cluster).catch(ignore('a claim for extended resources could not be deleted', pod)))
          } else if (claim.status?.allocation && isReservedFor(pod, claim)) background(giveBack(claim, pod, cluster).catch(ignore('a claim could not be given back', pod)))
        }
      },

      preBindPreFlight: (cycle) => (cycle.read(stateOf) ? undefined : skip),
      async preBind(cycle, node) {
        const state = cycle.read(stateOf), { pod } = cycle.pod
        if (!state) return undefined
        try {
          for (const [i, claim] of state.claims.entries()) {
            if (isReservedFor(pod, claim)) continue
            const allocation = state.reserved.get(i), isExtended = claim === state.extended, onNode = state.found.get(node.name)?.onNode
            if (isExtended && !allocation) continue
            // What has been created can be deleted again, whatever goes wrong with it.
            const there = isExtended && onNode ? state.claims[i] = await extendedClaims.create(onNode.claim) : claim
            const written = state.claims[i] = await bindClaim(there, allocation, pod, cluster).catch((error: unknown) => {
              // Its answer may have got lost: nobody may have the devices until that is known.
              if (allocation) background(inHand.doubted(claim.metadata.uid, there).then(() => { activate([pod]) }))
              throw error
            })
            if (allocation) void inHand.written(claim.metadata.uid, written).catch(ignore('the cache does not show what was allocated', pod))
            if (isExtended && onNode) await extendedClaims.writeDown(pod, written, onNode)
          }
          const conditional = state.claims.filter(hasConditions)
          if (conditional.length > 0) {
            events.record(podKind, pod, 'Normal', 'BindingConditionsPending', `waiting for binding conditions for device on node ${node.name}`, { action: 'Scheduling' })
            await whenReady(conditional, pod, cluster, { timeoutMs: bindingMs, halted })
          }
          return undefined
        } catch (error) { return failed(error) }
      },
    }
  },
})

/** Where alternatives were asked for, the earlier ones are better. */
function worth({ spec }: DeviceResourceClaim, { devices: { results = [] } }: Allocation): number {
  let score = 0
  for (const { name, firstAvailable = [] } of spec.devices.requests ?? [])
    for (const [i, one] of firstAvailable.entries()) if (results.some(({ request }) => request === `${name}/${one.name}`)) score += mostAlternatives - i
  return score
}
