// GET /containerLogs/<namespace>/<pod>/<container>
import type { ServerResponse } from 'node:http'
import type { Pod } from '#kinds'
import type { LogRequest, Runtime } from '../runtime/runtime.ts'
import { serveLog } from '../streaming/server.ts'
import type { AgentView } from './agent-view.ts'

export type Refusal = { readonly status: 400 | 404; readonly text: string }

/** Whose log is meant, or why there is none: in the reference's words. */
export function logOwner(agent: AgentView, [namespace = '', name = '', container = '']: readonly string[], previous: boolean): { readonly id: string } | Refusal {
  const pod = agent.find(namespace, name)
  if (!pod) return { status: 404, text: `pod "${name}" does not exist\n` }
  const { spec } = pod
  if (![...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])].some((c) => c.name === container)) return { status: 404, text: `container "${container}" not found in pod "${name}"\n` }
  const id = agent.containerId(pod.metadata.uid, container, previous)
  if (id !== undefined) return { id }
  return { status: 400, text: previous ? `previous terminated container "${container}" in pod "${name}" not found` : `container "${container}" in pod "${name}" is waiting to start: ${waitingReason(pod, container)}` }
}
function waitingReason({ status = {} as Pod['status'] }: Pod, container: string): string {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? []), ...(status.ephemeralContainerStatuses ?? [])]
  const reason = all.find((s) => s.name === container)?.state?.waiting?.reason
  if (reason === 'ErrImagePull') return 'image can\'t be pulled'
  if (reason === 'ImagePullBackOff') return 'trying and failing to pull image'
  return reason ?? 'ContainerCreating'
}

/** What the query asks for. `now` in milliseconds. */
export function logRequest(query: URLSearchParams, now: number): LogRequest {
  const number = (name: string): number | undefined => { const text = query.get(name); return text !== null && /^\d+$/.test(text) ? Number(text) : undefined }
  const seconds = number('sinceSeconds'), time = Date.parse(query.get('sinceTime') ?? ''), since = seconds !== undefined ? now - seconds * 1000 : Number.isNaN(time) ? undefined : time
  const tailLines = number('tailLines'), limitBytes = number('limitBytes'), stream = query.get('stream')
  return {
    follow: query.get('follow') === 'true', timestamps: query.get('timestamps') === 'true', ...(tailLines !== undefined && { tailLines }), ...(limitBytes !== undefined && { limitBytes }), ...(since !== undefined && { since }),
    ...((stream === 'Stdout' || stream === 'Stderr') && { stream }),
  }
}

export async function sendLog(agent: AgentView, runtime: Runtime, rest: readonly string[], query: URLSearchParams, response: ServerResponse): Promise<void> {
  const owner = logOwner(agent, rest, query.get('previous') === 'true')
  if ('id' in owner) return await serveLog(response, runtime.containerLog(owner.id, logRequest(query, Date.now())))
  response.writeHead(owner.status, { 'content-type': 'text/plain' })
  response.end(owner.text)
}
