import { existsSync } from 'node:fs'
import { defaultDataDir, privateKubectl } from '../data-dir.ts'
import { Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { findKubectl, installPrivateKubectl, kubectlVersion, type Kubectl } from './kubectl.ts'
import { inspectMachine, requirements, whyNoContainers } from './machine.ts'
import { installPackages, nameWithPackage } from './packages.ts'

interface SetupValues { readonly check: boolean; readonly kubectl: boolean; readonly dataDir: string | undefined; readonly output: 'text' | 'json' }

/** `setup`: both parts are tried even if one fails; what is left to do is said in one line each. */
export async function runSetup(values: SetupValues, terminal: Terminal): Promise<number> {
  const dataDir = values.dataDir ?? defaultDataDir()
  const problems: string[] = []
  if (!values.check) {
    const progress = terminal.progress('looking at what is there')
    const attempt = async (work: () => Promise<unknown>) => {
      try { await work() } catch (error) {
        if (!(error instanceof Failure)) throw error
        problems.push(error.message)
      }
    }
    await attempt(() => installPackages(inspectMachine(), (step) => { progress.update(step) }))
    const wanted = values.kubectl ? !existsSync(privateKubectl(dataDir)) : await findKubectl(dataDir) === undefined
    if (wanted) await attempt(() => installPrivateKubectl(dataDir, (step) => { progress.update(step) }))
    progress.end()
  }
  const machine = inspectMachine()
  const kubectl = await found(values, dataDir)
  if (values.output === 'json') {
    terminal.out(JSON.stringify({
      ...machine, missing: machine.missing.map((requirement) => requirement.package), kubectl: kubectl ?? null,
      realContainers: whyNoContainers(machine) === undefined, problems,
    }))
  } else {
    const { green, red, dim } = terminal.paint
    for (const requirement of requirements) terminal.out(machine.missing.includes(requirement) ? `${red('✗')} ${nameWithPackage(requirement)}` : `${green('✓')} ${requirement.name}`)
    terminal.out(kubectl ? `${green('✓')} kubectl ${kubectl.version}  ${dim(kubectl.path)}` : `${red('✗')} kubectl 1.30 or newer`)
    const why = whyNoContainers(machine)
    if (why && machine.missing.length === 0) terminal.out(`  ${why}`)
  }
  for (const problem of problems) terminal.note(`proa: ${problem}`)
  return problems.length > 0 || machine.missing.length > 0 || !kubectl ? 1 : 0
}

async function found(values: SetupValues, dataDir: string): Promise<Kubectl | undefined> {
  if (!values.kubectl) return findKubectl(dataDir)
  const path = privateKubectl(dataDir)
  const version = existsSync(path) ? await kubectlVersion(path) : undefined
  return version ? { path, version, private: true } : undefined
}
