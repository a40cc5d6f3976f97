// npm run simulate [-- SCENARIO...]: plays the scenarios of tests/simulation by many seeds and prints each that breaks a promise, with how to play it
// again. SEED=7 plays one seed, twice, and says whether both runs were the same; SEEDS=200 so many, FROM=1000 from there on; SECONDS=300 stops after that.
import { scenarios } from '../tests/simulation/scenarios.ts'
import { play } from '../tests/simulation/stage.ts'

const wanted = process.argv.slice(2), from = Number(process.env['FROM'] ?? 1), count = Number(process.env['SEEDS'] ?? 50), until = performance.now() + 1000 * Number(process.env['SECONDS'] ?? 3600)
const seeds = process.env['SEED'] ? [Number(process.env['SEED'])] : Array.from({ length: count }, (_, i) => from + i)
const chosen = scenarios.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
if (chosen.length === 0) throw new Error(`there are ${scenarios.map(({ name }) => name).join(', ')}`)
const played = new Map<string, { runs: number; broken: number[] }>(chosen.map(({ name }) => [name, { runs: 0, broken: [] }]))

async function once(seed: number, scenario: (typeof chosen)[number]): Promise<number | undefined> {
  const tally = played.get(scenario.name)!
  tally.runs++
  try { return await play(scenario, seed) } catch (error) {
    tally.broken.push(seed)
    console.log(error instanceof Error ? error.message : error)
    return undefined
  }
}

for (const seed of seeds) {
  if (performance.now() > until) break
  for (const scenario of chosen) {
    const first = await once(seed, scenario)
    if (process.env['SEED'] && first !== undefined) console.log(`${scenario.name}: kept by seed ${seed}; ${first === await once(seed, scenario) ? 'played twice, the same' : 'PLAYED TWICE, NOT THE SAME'}`)
  }
}
for (const [name, { runs, broken }] of played) console.log(`${name.padEnd(14)} ${runs} runs, ${broken.length} broken${broken.length > 0 ? `: seeds ${broken.join(' ')}` : ''}`)
process.exitCode = [...played.values()].some(({ broken }) => broken.length > 0) ? 1 : 0
