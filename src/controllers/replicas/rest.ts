const podsPerRestMs = 25
const longestRestMs = 1_000

/** How long an object of so many pods gathers changes: not at all when it has few, 200 ms when it has 5,000 (each turn looks at all of them). */
export const restOf = (pods: number): number => Math.min(Math.floor(pods / podsPerRestMs), longestRestMs)
