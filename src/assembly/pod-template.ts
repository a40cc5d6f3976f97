// A pod that a file describes, which the controller manager makes copies of.
import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import type { Pod } from '#kinds'

/** Throws an Error in the reference's words when the file is none. */
export function podIn(file: string | undefined): Pod | undefined {
  if (!file) return undefined
  let text: string, pod: unknown
  try { text = readFileSync(file, 'utf8') } catch (cause) { throw new Error(`failed to read file path ${file}: ${messageOf(cause)}`, { cause }) }
  if (text === '') throw new Error(`file was empty: ${file}`)
  try { pod = load(text) } catch (cause) { throw new Error(`failed decoding file: ${messageOf(cause)}`, { cause }) }
  const { apiVersion, kind, metadata = {}, spec = { containers: [] } } = (pod ?? {}) as Partial<Pod>
  if (apiVersion !== 'v1' || kind !== 'Pod') throw new Error(`failed decoding file: ${file} is no Pod of v1`)
  if (!spec.volumes?.length) throw new Error('invalid recycler pod template: does not contain any volume(s)')
  return { apiVersion, kind, metadata, spec } as Pod
}
const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
