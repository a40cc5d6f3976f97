// Starting a control plane compiles and builds much that is never needed again. V8 would keep that memory until it has to grow; a cluster at rest
// never makes it do so.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const afterMs = 3_000

/** Gives the memory of the start back, once, a moment after it. The returned function cancels it. */
export function giveBackMemory(): () => void {
  const timer = setTimeout(() => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as (options: { type: 'major'; execution: 'async'; flavor: 'last-resort' }) => Promise<void>
    setFlagsFromString('--no-expose-gc')
    void collect({ type: 'major', execution: 'async', flavor: 'last-resort' })
  }, afterMs)
  timer.unref()
  return () => clearTimeout(timer)
}
