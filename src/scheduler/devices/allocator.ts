// Finds devices for claims on a node (KEP-4381): an exhaustive search that takes the first solution.
import { toleratesDeviceTaint, type DeviceClass, type DeviceResourceClaim } from '#kinds'
import type { NodeInfo } from '../node-info.ts'
import type { Allocated } from './allocated.ts'
import { allocationOf, type Allocation, type Taken } from './allocation.ts'
import { count, takeCapacity, type Amounts } from './capacity.ts'
import { constraintOf, type Constraint } from './constraints.ts'
import { Counters } from './counters.ts'
import { gatherPools, isOn, type Candidate, type DeviceId, type Stock } from './pools.ts'
import { alternativesOf, claimName, type Request } from './requests.ts'
import { selects } from './selectors.ts'

export interface Supply {
  readonly stock: Stock
  readonly allocated: Allocated
  readonly classOf: (name: string) => DeviceClass | undefined
  /** Names shares of devices. */
  readonly newId: () => string
  /** Whether the search has taken too long. */
  readonly isLate?: () => boolean
}
/** Nothing to be had from this node, for a reason of its own; other nodes may do. */
export class NodeFailure extends Error { override readonly name = 'NodeFailure' }

/** A claim has room for so many devices. */
const mostDevices = 32
/** How often the search goes on between two looks at the clock. */
const stepsBetween = 256

/** The allocations of all claims, in their order; undefined when the node cannot give them. Throws an Error when a claim or a class is wrong, NodeFailure when the node is. */
export const allocate = (claims: readonly DeviceResourceClaim[], node: NodeInfo, supply: Supply): readonly Allocation[] | undefined => new Search(claims, node, supply).run()

/** An alternative with what is known of it: which devices it may take, and all of them when it wants all. */
interface Wanted { readonly request: Request; readonly devices: readonly Candidate[] | undefined; readonly count: number; readonly matches: Map<DeviceId, boolean> }
interface Sought { readonly claim: DeviceResourceClaim; readonly requests: readonly (readonly Wanted[])[]; readonly constraints: readonly Constraint[]; readonly taken: Taken[]; readonly chosen: number[] }
/** too-many: more devices than a claim has room for. */
type Outcome = 'found' | 'none' | 'too-many'

class Search {
  readonly #node: NodeInfo
  readonly #supply: Supply
  readonly #sought: readonly Sought[]
  readonly #usable: readonly Candidate[]
  readonly #invalid: boolean
  readonly #counters: Counters
  /** By which claims a device is taken in this attempt. */
  readonly #taking = new Map<DeviceId, Set<Sought>>()
  readonly #capacity = new Map<DeviceId, Map<string, bigint>>()
  #steps = 0

  constructor(claims: readonly DeviceResourceClaim[], node: NodeInfo, supply: Supply) {
    this.#node = node
    this.#supply = supply
    this.#counters = new Counters(supply.allocated)
    const pools = gatherPools(supply.stock, node), open = pools.find(({ incomplete, invalid }) => incomplete || invalid)
    this.#usable = pools.flatMap(({ incomplete, invalid, devices }) => (incomplete || invalid ? [] : devices))
    this.#invalid = pools.some(({ invalid }) => invalid)
    this.#sought = claims.map((claim): Sought => {
      const { requests = [], constraints = [] } = claim.spec.devices
      const wanted = requests.map((request) => alternativesOf(claim, request, supply.classOf).map((one): Wanted => {
        const matches = new Map<DeviceId, boolean>()
        if (!one.all) return { request: one, devices: undefined, count: one.count, matches }
        if (open) throw new Error(`claim ${claimName(claim)}, request ${one.name}: asks for all devices, but resource pool ${open.id} is currently ${open.incomplete ? 'being updated' : 'invalid'}`)
        const devices = this.#usable.filter((candidate) => this.#isWanted(claim, one, matches, candidate) && this.#amounts(one, candidate))
        return { request: one, devices, count: devices.length, matches }
      }))
      const least = wanted.reduce((sum, alternatives) => sum + Math.min(...alternatives.map((one) => one.count)), 0)
      if (least > mostDevices) throw new Error(`claim ${claimName(claim)}: number of requested devices ${least} exceeds the claim limit of ${mostDevices}`)
      return { claim, requests: wanted, taken: [], chosen: requests.map(() => 0), constraints: constraints.map((constraint, i) => {
        const made = constraintOf(constraint)
        if (!made) throw new Error(`claim ${claimName(claim)}, constraint #${i}: empty constraint (unsupported constraint type?)`)
        return made
      }) }
    })
  }

  run(): readonly Allocation[] | undefined {
    if (this.#claim(0) === 'found') return this.#sought.map(({ claim, requests, chosen, taken }) => allocationOf(claim, requests.map((of, i) => of[chosen[i]!]!.request), taken, this.#node.name))
    if (this.#invalid) throw new NodeFailure('invalid resource pools were encountered')
    return undefined
  }

  #claim(index: number): Outcome {
    if (index >= this.#sought.length) return 'found'
    return this.#request(index, 0)
  }
  #request(index: number, requestIndex: number): Outcome {
    const sought = this.#sought[index]!, alternatives = sought.requests[requestIndex]
    if (!alternatives) {
      const rest = this.#claim(index + 1)
      return rest === 'too-many' ? 'none' : rest // another choice for this claim may leave the next one with fewer
    }
    if (alternatives.length === 1 && !alternatives[0]!.request.parent) return this.#device(index, requestIndex, alternatives[0]!, 0, 0)
    let outcome: Outcome = 'too-many'
    for (const [i, wanted] of alternatives.entries()) {
      sought.chosen[requestIndex] = i
      const found = this.#device(index, requestIndex, wanted, 0, 0)
      if (found === 'found') return found
      if (found === 'none') outcome = found
    }
    return outcome
  }
  /** Devices of one request are tried in one order only: the same ones in another are no other solution. */
  #device(index: number, requestIndex: number, wanted: Wanted, deviceIndex: number, from: number): Outcome {
    if (++this.#steps % stepsBetween === 0 && this.#supply.isLate?.()) throw new NodeFailure('timed out trying to allocate devices')
    const sought = this.#sought[index]!, { devices } = wanted
    if (devices?.length === 0) return 'none'
    if (deviceIndex >= wanted.count) return this.#request(index, requestIndex + 1)
    if (sought.taken.length + wanted.count - deviceIndex > mostDevices) return 'too-many'
    const candidates = devices ?? this.#usable
    for (let i = from; i < candidates.length; i++) {
      const candidate = candidates[i]!
      const giveBack = this.#take(sought, wanted, candidate)
      if (!giveBack) {
        if (devices) return 'none'
        continue
      }
      const found = this.#device(index, requestIndex, wanted, deviceIndex + 1, i + 1)
      if (found === 'found') return found
      giveBack()
      // All devices means these, in whatever order.
      if (found === 'too-many' || devices) return found
    }
    return 'none'
  }

  /** Takes a device for a request, if it may; what comes back undoes it. */
  #take(sought: Sought, { request, devices, matches }: Wanted, candidate: Candidate): (() => void) | undefined {
    const { id, device, pool } = candidate, many = device.allowMultipleAllocations ?? false, users = this.#taking.get(id)
    if (request.adminAccess ? !many && users?.has(sought) : this.#supply.allocated.whole.has(id) || (users && users.size > 0)) return undefined
    if (!devices && !this.#isWanted(sought.claim, request, matches, candidate)) return undefined
    const amounts = this.#amounts(request, candidate)
    if (!amounts || !isTolerated(candidate, request)) return undefined
    const counts = Boolean(device.consumesCounters?.length) && !(many && (this.#supply.allocated.shared.has(id) || this.#capacity.has(id)))
    if (counts && !this.#counters.take(device, pool)) return undefined
    const [base, sub] = request.parent ? [request.parent, request.name] : [request.name, '']
    const refusing = sought.constraints.findIndex((constraint) => !constraint.add(base, sub, candidate))
    const leave = (constraints: readonly Constraint[]) => { for (const constraint of constraints) constraint.remove(base, sub) }
    if (refusing >= 0) {
      leave(sought.constraints.slice(0, refusing))
      if (counts) this.#counters.giveBack(device, pool)
      if (devices) throw new Error(`claim ${claimName(sought.claim)}, request ${request.name}: cannot add device ${id} because a claim constraint would not be satisfied`)
      return undefined
    }
    if (many) count(this.#capacity, id, amounts)
    else if (users) users.add(sought)
    else this.#taking.set(id, new Set([sought]))
    sought.taken.push({ request, candidate, ...(many && { shareID: this.#supply.newId(), ...(Object.keys(amounts).length > 0 && { consumedCapacity: amounts }) }) })
    return () => {
      sought.taken.pop()
      leave(sought.constraints)
      if (counts) this.#counters.giveBack(device, pool)
      if (many) count(this.#capacity, id, amounts, -1n)
      else this.#taking.get(id)?.delete(sought)
    }
  }

  #isWanted(claim: DeviceResourceClaim, request: Request, matches: Map<DeviceId, boolean>, candidate: Candidate): boolean {
    let known = matches.get(candidate.id)
    if (known === undefined) {
      known = selects(request.class.spec.selectors ?? [], candidate, `class ${request.class.metadata.name}`) && selects(request.selectors, candidate, `claim ${claimName(claim)}`)
        && (!candidate.slice.spec.perDeviceNodeSelection || isOn(this.#node, candidate.device))
      matches.set(candidate.id, known)
    }
    return known
  }
  #amounts({ capacity }: Request, { id, device }: Candidate): Readonly<Record<string, string>> | undefined {
    const taken: (Amounts | undefined)[] = [this.#supply.allocated.capacity.get(id), this.#capacity.get(id)]
    return takeCapacity(device, capacity, taken)
  }
}

/** Taints of other effects keep nobody away. */
const isTolerated = ({ device: { taints = [] } }: Candidate, { tolerations = [] }: Request): boolean =>
  taints.every((taint) => (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') || tolerations.some((toleration) => toleratesDeviceTaint(toleration, taint)))
