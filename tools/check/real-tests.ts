// The tests with the real kubectl and containers: one file after the other, each in a process of its own with a time limit.
import { globSync, readFileSync } from 'node:fs'
import { runFile } from './spawn.ts'
import type { Tally, UnitMessage } from './tally.ts'

const defaultMinutes = 3
/** All of npm test, so that CI never hangs. */
export const totalMinutes = 15

export interface RealTest { readonly file: string; readonly needs: readonly string[]; readonly minutes: number }

/** What a file says of itself in its first lines: `// needs: root containerd kubectl` and `// minutes: 5`. */
export function readHeader(file: string, text: string): RealTest {
  const head = text.split('\n', 6).filter((line) => line.startsWith('//'))
  const value = (name: string) => head.map((line) => new RegExp(`^//\\s*${name}:\\s*(.*)$`).exec(line)?.[1]).find((found) => found !== undefined)
  return { file, needs: (value('needs') ?? '').split(/[\s,]+/).filter(Boolean), minutes: Number(value('minutes') ?? defaultMinutes) || defaultMinutes }
}

/** Runs the files whose needs are met; returns those that did not run, with the reason. */
export async function runRealTests(root: string, have: Readonly<Record<string, string | true>>, env: Record<string, string>, tally: Tally, startedAt: number): Promise<string[]> {
  const notRun: string[] = []
  const only = process.argv.slice(2)
  for (const file of globSync('tests/real/**/*.test.ts', { cwd: root }).sort()) {
    if (only.length > 0 && !only.some((part) => file.includes(part))) continue
    const { needs, minutes } = readHeader(file, readFileSync(`${root}/${file}`, 'utf8'))
    const lacking = needs.filter((need) => have[need] !== true)
    if (lacking.length > 0) {
      notRun.push(`${file}: ${lacking.map((need) => have[need] ?? `nothing here provides "${need}"`).join('; ')}`)
      continue
    }
    const leftMs = totalMinutes * 60_000 - (performance.now() - startedAt)
    if (leftMs < 10_000) {
      console.log(`FAIL ${file}: not run, the ${totalMinutes} minutes of npm test are used up`)
      tally.failed++
      continue
    }
    const began = performance.now()
    console.log(`---- ${file}`)
    const { code, message, timedOut } = await runFile(`${root}/tools/check/unit.ts`, [file], { cwd: root, timeoutMs: Math.min(minutes * 60_000, leftMs), live: true, env })
    const { passed, failed, ended } = (message as UnitMessage | undefined) ?? { passed: 0, failed: 0, ended: false }
    // A file that ends without telling, or with nothing that ran, has failed as a whole.
    const broken = timedOut || !ended || passed + failed === 0
    tally.passed += passed
    tally.failed += failed + (broken ? 1 : 0)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const why = timedOut ? `, ended after its ${minutes} minutes` : !ended ? `, ended early (exit ${code})` : broken ? ', has no tests' : ''
    console.log(`${failed > 0 || broken ? 'FAIL' : 'ok  '} ${file} (${passed} passed, ${failed} failed${why}, ${seconds} s)`)
  }
  return notRun
}
