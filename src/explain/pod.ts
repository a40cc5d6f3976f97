import { node, persistentVolumeClaim, referencedClaims, type Node, type Pod } from '#kinds'
import { namesOf, type Reason } from './explanation.ts'
import type { Look } from './look.ts'

/** Where a pod could go, node by node: the scheduler's own answer. */
export type Placement = (p: Pod) => Promise<readonly Reason[]>

/** Why a pod does not run, or is not ready. */
export async function podReasons(p: Pod, look: Look, placement: Placement): Promise<Reason[]> {
  const { spec, status } = p
  if (status?.phase === 'Succeeded') return []
  const gates = spec.schedulingGates ?? []
  if (gates.length > 0) return [{ what: `scheduling gates hold it: ${namesOf(gates.map(({ name }) => name))}`, remedy: 'whoever set them takes them off (spec.schedulingGates)' }]
  if (!spec.nodeName) return [...await claimsInTheWay(p, look), ...await placement(p)]
  const place = (await look.list(node)).find(({ metadata }) => metadata.name === spec.nodeName)
  return [...nodeReasons(spec.nodeName, place), ...containerReasons(p), ...gateReasons(p)]
}

async function claimsInTheWay(p: Pod, look: Look): Promise<Reason[]> {
  const names = referencedClaims(p), claims = names.length > 0 ? await look.list(persistentVolumeClaim, p.metadata.namespace) : []
  return names.flatMap((name) => {
    const claim = claims.find(({ metadata }) => metadata.name === name)
    if (!claim) return [{ what: `its claim ${name} is not there`, remedy: `make the PersistentVolumeClaim ${name}` }]
    return claim.status?.phase === 'Bound' ? [] : [{ what: `its claim ${name} is ${claim.status?.phase ?? 'Pending'}`, remedy: `./proa why pvc/${name} -n ${p.metadata.namespace}` }]
  })
}

function nodeReasons(name: string, place: Node | undefined): Reason[] {
  if (!place) return [{ what: `its node ${name} is not there`, remedy: 'the pod garbage collector removes the pod; its owner makes another' }]
  const ready = place.status?.conditions?.find(({ type }) => type === 'Ready')
  return ready?.status === 'True' ? [] : [{ what: `its node ${name} is not ready${ready?.message ? `: ${ready.message}` : ''}`, remedy: 'see the node\'s agent: kubectl describe node ' + name }]
}

/** What keeps containers from running, worst first in the order in which they start. */
export function containerReasons({ metadata: { name, namespace }, status }: Pod): Reason[] {
  const all = [...status?.initContainerStatuses ?? [], ...status?.containerStatuses ?? []], reasons: Reason[] = []
  for (const { name: container, state, lastState, ready, restartCount, image } of all) {
    const { waiting, terminated, running } = state ?? {}, last = lastState?.terminated
    const logs = `kubectl logs ${name} -n ${namespace} -c ${container}`
    if (waiting && waiting.reason !== 'PodInitializing' && waiting.reason !== 'ContainerCreating') {
      const pull = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull)$/.test(waiting.reason ?? '')
      reasons.push({ what: `container ${container} waits: ${waiting.reason}${waiting.message ? ` (${waiting.message})` : ''}`,
        ...(last && { details: [`it ended ${restartCount} times, last with exit code ${last.exitCode}${last.reason ? ` (${last.reason})` : ''}${last.finishedAt ? ` at ${last.finishedAt}` : ''}`] }),
        remedy: pull ? `see that the image ${image} exists and may be pulled` : last ? `${logs} --previous` : `kubectl describe pod ${name} -n ${namespace}` })
    } else if (terminated && terminated.exitCode !== 0) reasons.push({ what: `container ${container} ended with exit code ${terminated.exitCode}${terminated.reason ? ` (${terminated.reason})` : ''}${terminated.message ? `: ${terminated.message}` : ''}`, remedy: logs })
    else if (running && !ready) reasons.push({ what: `container ${container} runs since ${running.startedAt ?? 'a moment ago'} and is not ready`, remedy: `its readiness or startup probe fails: kubectl describe pod ${name} -n ${namespace}` })
  }
  if (reasons.length === 0 && status?.phase === 'Pending') reasons.push({ what: 'its node has it and is preparing volumes, network and images', remedy: `kubectl describe pod ${name} -n ${namespace}` })
  if (status?.reason || (status?.phase === 'Failed' && status.message)) reasons.unshift({ what: `it failed: ${[status.reason, status.message].filter(Boolean).join(': ')}` })
  return reasons
}

function gateReasons({ spec, status }: Pod): Reason[] {
  return (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = status?.conditions?.find(({ type }) => type === conditionType)
    return condition?.status === 'True' ? [] : [{ what: `readiness gate ${conditionType} is ${condition?.status ?? 'not set'}${condition?.message ? `: ${condition.message}` : ''}`, remedy: 'whoever sets that condition must say True' }]
  })
}
