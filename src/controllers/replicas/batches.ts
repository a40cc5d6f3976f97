// Slow start: 1 at first, then 2, 4, 8 ... at once, so that a call that is bound to fail fails once and not five hundred times.

/** Runs `work` `count` times; stops after a batch with a failure. Resolves to how many succeeded and the first error. */
export async function slowStart(count: number, work: () => Promise<void>): Promise<{ done: number; error?: unknown }> {
  let done = 0
  for (let batch = Math.min(1, count); batch > 0; batch = Math.min(batch * 2, count - done)) {
    const results = await Promise.allSettled(Array.from({ length: batch }, work))
    done += results.filter((result) => result.status === 'fulfilled').length
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) return { done, error: failed.reason }
  }
  return { done }
}
