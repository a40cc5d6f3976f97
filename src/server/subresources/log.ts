// pods/log: what a container has said, streamed from the node's agent.
import { ApiError, badRequest, internalError, invalid, invalidValue, unavailable, type FieldError } from '#machinery'
import type { Call } from '../core.ts'
import { textAnswer } from '../respond.ts'
import { integer, isTrue, type Query } from '../request.ts'
import type { KubeletAnswer } from '../server.ts'
import { agentOf, containerOf, podOf } from './agent.ts'
import type { Subresource } from './subresource.ts'

/** Of an agent's refusal this much is passed on. */
const refusalBytes = 2000

export const log: Subresource = {
  name: 'log', type: { group: '', version: '', kind: 'Pod' }, verbs: ['get'],
  async handle(call) {
    const { info, core } = call
    const pod = podOf(call)
    const wanted = logQuery(call, info.query)
    const container = containerOf(pod, info.query.get('container'))
    if (!pod.spec.nodeName) return textAnswer(200, '', { 'content-type': 'text/plain' })
    const agent = agentOf(call, pod.spec.nodeName)
    if (!core.kubelet) throw unavailable('this server has no way to the agents of nodes')
    const path = `/containerLogs/${pod.metadata.namespace}/${pod.metadata.name}/${container}${wanted && `?${wanted}`}`
    const insecure = isTrue(info.query.get('insecureSkipTLSVerifyBackend'))
    core.podLogs.asked(insecure)
    let answer: KubeletAnswer
    try {
      answer = await core.kubelet.get(agent, path, insecure)
    } catch (error) {
      core.podLogs.failed(error)
      throw new ApiError('', `Get "https://${agent.host}:${agent.port}${path}": ${error instanceof Error ? error.message : String(error)}`, undefined, { code: 500 })
    }
    if (answer.status >= 200 && answer.status <= 206) return { status: 200, headers: { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' }, body: { type: 'stream', open: answer.open } }
    throw refused(call, answer.status, await textOf(answer))
  },
}

/** The query as the agent takes it. Throws Invalid. */
function logQuery(call: Call, query: Query): string {
  const out: string[] = []
  const errors: FieldError[] = []
  const numbers: [name: string, least: number][] = [['sinceSeconds', 1], ['tailLines', 0], ['limitBytes', 1]]
  for (const flag of ['follow', 'previous', 'timestamps']) if (isTrue(query.get(flag)) && query.get(flag) !== '') out.push(`${flag}=true`)
  for (const [name, least] of numbers) {
    const value = integer(query, name)
    if (value === undefined) continue
    if (value < least) errors.push(invalidValue(name, value, least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0'))
    out.push(`${name}=${value}`)
  }
  const since = query.get('sinceTime')
  if (since) {
    if (query.get('sinceSeconds')) errors.push({ type: 'FieldValueForbidden', field: '', message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified' })
    out.push(`sinceTime=${encodeURIComponent(since)}`)
  }
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, call.info.name, errors)
  return out.join('&')
}

function textOf(answer: KubeletAnswer): Promise<string> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder()
    let text = ''
    const stop = answer.open({
      write(chunk) {
        text += decoder.decode(chunk, { stream: true })
        if (text.length <= refusalBytes) return true
        stop()
        resolve(text.slice(0, refusalBytes))
        return true
      },
      end() { resolve(text) },
      drained() {},
    })
  })
}

function refused(call: Call, status: number, text: string): ApiError {
  if (status === 400) return badRequest(text)
  if (status === 500) return internalError(text)
  if (status === 404) return new ApiError('NotFound', `the server could not find the requested resource ( pods/log ${call.info.name})`, { name: call.info.name, kind: 'pods/log', causes: [{ reason: 'UnexpectedServerResponse', message: text }] })
  return new ApiError('', text || `the node's agent answered ${status}`, { name: call.info.name, kind: 'pods/log' }, { code: status })
}

