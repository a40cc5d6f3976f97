// A sorted map of strings that can be copied in no time: a B+tree whose nodes are shared between copies until one of them writes.

/** Most entries of a node. Wide enough for three levels at 260,000 keys, narrow enough that copying a path is cheap. */
const width = 64
/** A node with fewer entries than this tries to join a neighbour. */
const narrow = width >> 2

/** Whoever holds the edit may change the node in place; everybody else copies it first. */
type Edit = object

/** `children` is empty in leaves, `values` in inner nodes. keys[i] of an inner node is a lower bound of child i; keys[0] says nothing. */
interface Node<V> { edit: Edit; readonly leaf: boolean; keys: string[]; values: V[]; children: Node<V>[]; size: number }

export interface ReadonlyTree<V> {
  readonly size: number
  get(key: string): V | undefined
  /** The values of keys in [start, end), in key order, at most `limit`. `end` undefined: to the last key. */
  slice(start: string, end?: string, limit?: number): V[]
  /** How many keys lie in [start, end). O(log n). */
  count(start: string, end?: string): number
  /** An independent tree with the same content. O(1). */
  clone(): Tree<V>
}

/** Keys compare by code unit; values are never undefined. get, set and delete are O(log n), clone is O(1). */
export class Tree<V> implements ReadonlyTree<V> {
  #edit: Edit = {}
  #root: Node<V> = nothing

  get size(): number { return this.#root.size }

  get(key: string): V | undefined {
    let node = this.#root
    while (!node.leaf) node = node.children[childAt(node.keys, key)]!
    const i = lowerBound(node.keys, key)
    return node.keys[i] === key ? node.values[i] : undefined
  }

  set(key: string, value: V): void {
    const root = this.#set(this.#root, key, value)
    if (root.keys.length <= width) { this.#root = root; return }
    const right = this.#splitOff(root)
    this.#root = { edit: this.#edit, leaf: false, keys: ['', right.keys[0]!], values: [], children: [root, right], size: root.size + right.size }
  }

  /** Says whether the key was there. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false
    let root = this.#delete(this.#root, key)
    while (!root.leaf && root.children.length === 1) root = root.children[0]!
    this.#root = root.leaf || root.children.length > 0 ? root : nothing
    return true
  }

  slice(start: string, end?: string, limit = Infinity): V[] {
    const into: V[] = []
    if (limit > 0 && (end === undefined || start < end)) collect(this.#root, start, end, limit, into)
    return into
  }

  count(start: string, end?: string): number {
    const below = end === undefined ? this.#root.size : rank(this.#root, end)
    return Math.max(0, below - rank(this.#root, start))
  }

  clone(): Tree<V> {
    const copy = new Tree<V>()
    copy.#root = this.#root
    this.#edit = {} // what both now share, neither may change in place
    return copy
  }

  #own(node: Node<V>): Node<V> {
    if (node.edit === this.#edit) return node
    return { edit: this.#edit, leaf: node.leaf, keys: node.keys.slice(), values: node.values.slice(), children: node.children.slice(), size: node.size }
  }

  /** The result may be one entry too wide: whoever holds it splits it. */
  #set(shared: Node<V>, key: string, value: V): Node<V> {
    const node = this.#own(shared)
    if (node.leaf) {
      const i = lowerBound(node.keys, key)
      if (node.keys[i] === key) node.values[i] = value
      else { node.keys.splice(i, 0, key); node.values.splice(i, 0, value); node.size++ }
      return node
    }
    const i = childAt(node.keys, key)
    const before = node.children[i]!
    node.size -= before.size
    const child = this.#set(before, key, value)
    node.size += child.size
    node.children[i] = child
    if (child.keys.length > width) {
      const right = this.#splitOff(child)
      node.keys.splice(i + 1, 0, right.keys[0]!)
      node.children.splice(i + 1, 0, right)
    }
    return node
  }

  /** Takes the upper half of an own node. */
  #splitOff(node: Node<V>): Node<V> {
    const middle = node.keys.length >> 1
    const right: Node<V> = { edit: this.#edit, leaf: node.leaf, keys: node.keys.splice(middle), values: node.values.splice(middle), children: node.children.splice(middle), size: 0 }
    right.size = sizeOf(right)
    node.size -= right.size
    return right
  }

  /** The key is there. */
  #delete(shared: Node<V>, key: string): Node<V> {
    const node = this.#own(shared)
    node.size--
    if (node.leaf) {
      const i = lowerBound(node.keys, key)
      node.keys.splice(i, 1)
      node.values.splice(i, 1)
      return node
    }
    const i = childAt(node.keys, key)
    const child = this.#delete(node.children[i]!, key)
    node.children[i] = child
    if (child.keys.length === 0) { node.keys.splice(i, 1); node.children.splice(i, 1) }
    else if (child.keys.length < narrow) this.#join(node, i)
    return node
  }

  /** Child i joins a neighbour where the two leave room in one node. */
  #join(node: Node<V>, i: number): void {
    for (const at of [i, i - 1]) {
      const left = node.children[at]
      const right = node.children[at + 1]
      if (!left || !right || left.keys.length + right.keys.length > width - narrow) continue
      const joined = this.#own(left)
      const firstOfRight = joined.keys.length
      joined.keys.push(...right.keys)
      if (!joined.leaf) joined.keys[firstOfRight] = node.keys[at + 1]!
      joined.values.push(...right.values)
      joined.children.push(...right.children)
      joined.size += right.size
      node.children[at] = joined
      node.keys.splice(at + 1, 1)
      node.children.splice(at + 1, 1)
      return
    }
  }
}

/** The root of every empty tree; nobody has its edit. */
const nothing: Node<never> = { edit: {}, leaf: true, keys: [], values: [], children: [], size: 0 }

function sizeOf<V>(node: Node<V>): number {
  if (node.leaf) return node.keys.length
  let size = 0
  for (const child of node.children) size += child.size
  return size
}

/** The first index whose key is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Which child of an inner node holds `key`: the last whose lower bound is not above it, else the first. */
function childAt(keys: readonly string[], key: string): number {
  let low = 1
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! <= key) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** How many keys are below `key`. */
function rank<V>(root: Node<V>, key: string): number {
  let below = 0
  let node = root
  while (!node.leaf) {
    const i = childAt(node.keys, key)
    for (let left = 0; left < i; left++) below += node.children[left]!.size
    node = node.children[i]!
  }
  return below + lowerBound(node.keys, key)
}

function collect<V>(node: Node<V>, start: string, end: string | undefined, limit: number, into: V[]): void {
  if (!node.leaf) {
    for (let i = childAt(node.keys, start); i < node.children.length && into.length < limit; i++) {
      if (end !== undefined && i > 0 && node.keys[i]! >= end) return
      collect(node.children[i]!, start, end, limit, into)
    }
    return
  }
  const { keys, values } = node
  const last = keys[keys.length - 1]
  const from = lowerBound(keys, start)
  const inRange = end === undefined || (last !== undefined && last < end) ? keys.length : lowerBound(keys, end)
  const to = Math.min(inRange, from + limit - into.length)
  for (let i = from; i < to; i++) into.push(values[i]!)
}
