import { readFileSync } from 'node:fs'

/** The Kubernetes version whose behaviour this is. */
export const kubernetesVersion = 'v1.36'

/** Proa's own version, `v0.1.0`, from package.json (two folders up from the sources, one from the bundle). */
export function proaVersion(): string {
  for (const up of ['../../package.json', '../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as { name?: string; version?: string }
      if (name === 'proa' && version) return `v${version}`
    } catch { /* the next place */ }
  }
  return 'v0.0.0'
}
