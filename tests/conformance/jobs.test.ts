// Work that ends: by success, by too many failures, by what its policies say.
import assert from 'node:assert/strict'
import { conformance, type Body, type Stage } from './stage.ts'
import { batch, controllerOf, core, pods, template } from './workloads.ts'

const job = (spec: object = {}, pod: object = {}, name = 'job') => ({ metadata: { name, labels: { e2e: name } }, spec: { parallelism: 2, completions: 4, template: template({ job: name }, { restartPolicy: 'Never', ...pod }), ...spec } })
const indexed = { completionMode: 'Indexed' }
const condition = (of: Body, type: string): Body | undefined => of['status']?.conditions?.find((c: Body) => c['type'] === type && c['status'] === 'True')
const indexOf = (p: Body) => Number(p['metadata'].annotations?.['batch.kubernetes.io/job-completion-index'])
const path = (namespace: string, name = 'job') => `${batch(namespace, 'jobs')}/${name}`
const make = (stage: Stage, namespace: string, body: object) => stage.make(batch(namespace, 'jobs'), body)
const over = (stage: Stage, namespace: string, type: string, reason: string) => stage.until(path(namespace), (one) => condition(one, type)?.['reason'] === reason)
const running = (stage: Stage, namespace: string, count: number) => stage.until(path(namespace), ({ status }) => status?.active === count && status.ready === count)

conformance('[sig-apps] Job', { nodes: 2 }, (behaviour) => {
  /** What the programs of a namespace's pods end with. */
  const ends = (stage: Stage, namespace: string, exitCode: (p: Body) => number | undefined) => {
    stage.cluster.nodes.exitCode = (p) => (p.metadata.namespace === namespace ? exitCode(p) : undefined)
  }

  behaviour('should run a job to completion when tasks sometimes fail and are locally restarted', async (stage, namespace) => {
    ends(stage, namespace, (p) => (p['status'].containerStatuses[0].restartCount === 0 ? 1 : 0))
    await make(stage, namespace, job({ backoffLimit: 6 * 4 }, { restartPolicy: 'OnFailure' }))
    const done = await over(stage, namespace, 'Complete', 'CompletionsReached')
    assert.deepEqual([done['status'].succeeded, done['status'].failed, (await pods(stage, namespace)).filter((p) => p['status'].phase === 'Succeeded').length], [4, undefined, 4])
  })
  behaviour('should create pods for an Indexed job with completion indexes and specified hostname', async (stage, namespace) => {
    ends(stage, namespace, () => 0)
    await make(stage, namespace, job(indexed))
    const done = await over(stage, namespace, 'Complete', 'CompletionsReached')
    assert.deepEqual([done['status'].completedIndexes, done['status'].uncountedTerminatedPods], ['0-3', {}])
    const all = await pods(stage, namespace)
    assert.deepEqual(all.map(indexOf).sort(), [0, 1, 2, 3])
    for (const p of all) {
      assert.deepEqual([p['spec'].hostname, p['metadata'].labels['batch.kubernetes.io/job-completion-index']], [`job-${indexOf(p)}`, String(indexOf(p))])
      assert.match(p['metadata'].name, new RegExp(`^job-${indexOf(p)}-.{5}$`))
    }
  })
  behaviour('should delete a job', async (stage, namespace) => {
    await make(stage, namespace, job({ parallelism: 2, completions: 2 }))
    await running(stage, namespace, 2)
    await stage.remove(path(namespace), { propagationPolicy: 'Foreground' })
    await stage.gone(path(namespace))
    assert.deepEqual(await pods(stage, namespace), [])
  })
  behaviour('should adopt matching orphans and release non-matching pods', async (stage, namespace) => {
    await make(stage, namespace, job({ parallelism: 2, completions: 4 }))
    await running(stage, namespace, 2)
    const [first] = await pods(stage, namespace), one = `${core(namespace, 'pods')}/${first!['metadata'].name}`
    await stage.merge(one, { metadata: { ownerReferences: null } })
    await stage.until(one, (p) => controllerOf(p)?.['kind'] === 'Job')
    await stage.merge(one, { metadata: { labels: null } })
    const released = await stage.until(one, (p) => controllerOf(p) === undefined)
    assert.equal(released['metadata'].ownerReferences, undefined)
  })
  behaviour('should apply changes to a job status', async (stage, namespace) => {
    await make(stage, namespace, job({ parallelism: 2, completions: 2, backoffLimit: 1 }))
    await running(stage, namespace, 2)
    const patched = await stage.ok(`PATCH ${path(namespace)}/status`, { metadata: { annotations: { patchedstatus: 'true' } }, status: { conditions: [{ type: 'CustomConditionType', status: 'True', reason: 'E2E', message: 'Set from e2e test' }] } })
    assert.deepEqual([patched['metadata'].annotations.patchedstatus, condition(patched, 'CustomConditionType')?.['reason']], ['true', 'E2E'])
    const fresh = await stage.get(`${path(namespace)}/status`)
    const updated = await stage.put(`${path(namespace)}/status`, { ...fresh, status: { ...fresh['status'], conditions: [...fresh['status'].conditions, { type: 'Another', status: 'True' }] } })
    assert.ok(condition(updated, 'Another'))
    assert.ok(condition(await stage.get(path(namespace)), 'CustomConditionType'), 'the controller leaves what others say')
  })
  behaviour('should manage the lifecycle of a job', async (stage, namespace) => {
    ends(stage, namespace, () => 0)
    const watch = await stage.watch(`${batch(namespace, 'jobs')}?labelSelector=e2e%3Djob`)
    await make(stage, namespace, job({ parallelism: 2, completions: 4, suspend: true }))
    await stage.until(path(namespace), (one) => condition(one, 'Suspended'))
    assert.deepEqual(await pods(stage, namespace), [])
    const patched = await stage.merge(path(namespace), { metadata: { labels: { job: 'patched' } } })
    const updated = await stage.put(path(namespace), { ...patched, spec: { ...patched['spec'], suspend: false }, metadata: { ...patched['metadata'], annotations: { updated: 'true' } } })
    assert.equal(updated['metadata'].annotations.updated, 'true')
    await over(stage, namespace, 'Complete', 'CompletionsReached')
    assert.deepEqual((await stage.items('/apis/batch/v1/jobs?labelSelector=e2e%3Djob%2Cjob%3Dpatched')).map((o) => o['metadata'].namespace), [namespace])
    await stage.ok(`DELETE ${batch(namespace, 'jobs')}?labelSelector=e2e%3Djob`, { propagationPolicy: 'Background' })
    await stage.gone(path(namespace))
    assert.equal(watch.seen().at(-1), 'DELETED job')
    watch.stop()
  })

  behaviour('should allow to use the pod failure policy on exit code to fail the job early', async (stage, namespace) => {
    ends(stage, namespace, () => 42)
    await make(stage, namespace, job({ parallelism: 1, completions: 2, backoffLimit: 2, podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] } }))
    const failed = await over(stage, namespace, 'Failed', 'PodFailurePolicy'), [only, ...more] = await pods(stage, namespace)
    assert.deepEqual(more, [])
    assert.equal(condition(failed, 'Failed')?.['message'], `Container main for pod ${namespace}/${only!['metadata'].name} failed with exit code 42 matching FailJob rule at index 0`)
  })
  behaviour('should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition', async (stage, namespace) => {
    await make(stage, namespace, job({ parallelism: 1, completions: 1, backoffLimit: 0, podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] } }))
    await running(stage, namespace, 1)
    const [first] = await pods(stage, namespace), { name, uid } = first!['metadata']
    await stage.make(`${core(namespace, 'pods')}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })
    await stage.until(core(namespace, 'pods'), ({ items }) => items.length === 1 && items[0].metadata.uid !== uid && items[0].status.phase === 'Running')
    ends(stage, namespace, () => 0)
    const [second] = await pods(stage, namespace)
    await stage.merge(`${core(namespace, 'pods')}/${second!['metadata'].name}`, { metadata: { annotations: { now: 'end' } } })
    const done = await over(stage, namespace, 'Complete', 'CompletionsReached')
    assert.deepEqual([done['status'].failed, done['status'].succeeded], [undefined, 1])
  })

  behaviour('should execute all indexes despite some failing when using backoffLimitPerIndex', async (stage, namespace) => {
    ends(stage, namespace, (p) => indexOf(p) % 2)
    await make(stage, namespace, job({ ...indexed, parallelism: 2, completions: 4, backoffLimitPerIndex: 1 }))
    const { status } = await over(stage, namespace, 'Failed', 'FailedIndexes')
    assert.deepEqual([status.failedIndexes, status.completedIndexes, status.failed, status.succeeded], ['1,3', '0,2', 4, 2])
  })
  behaviour('should terminate job execution when the number of failed indexes exceeds maxFailedIndexes', async (stage, namespace) => {
    ends(stage, namespace, () => 1)
    await make(stage, namespace, job({ ...indexed, parallelism: 1, completions: 4, backoffLimitPerIndex: 0, maxFailedIndexes: 1 }))
    const { status } = await over(stage, namespace, 'Failed', 'MaxFailedIndexesExceeded')
    assert.deepEqual([status.failedIndexes, status.completedIndexes, status.failed, status.succeeded], ['0,1', undefined, 2, undefined])
  })
  behaviour('should mark indexes as failed when the FailIndex action is matched in podFailurePolicy', async (stage, namespace) => {
    ends(stage, namespace, (p) => (indexOf(p) === 0 ? 42 : indexOf(p) === 1 ? 1 : 0))
    await make(stage, namespace, job({ ...indexed, parallelism: 2, completions: 3, backoffLimitPerIndex: 1, podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }] } }))
    const { status } = await over(stage, namespace, 'Failed', 'FailedIndexes')
    assert.deepEqual([status.failedIndexes, status.completedIndexes, status.failed, status.succeeded], ['0,1', '2', 3, 1])
  })

  /** Those that a success policy does not wait for go on until the job is over. */
  const succeeds = async (stage: Stage, namespace: string, rules: object[], done: (index: number) => boolean, completed: string, spec: object = {}) => {
    ends(stage, namespace, (p) => (done(indexOf(p)) ? 0 : undefined))
    await make(stage, namespace, job({ ...indexed, parallelism: 5, completions: 5, backoffLimit: 0, successPolicy: { rules }, ...spec }))
    await over(stage, namespace, 'SuccessCriteriaMet', 'SuccessPolicy')
    const { status } = await over(stage, namespace, 'Complete', 'SuccessPolicy')
    assert.deepEqual([status.completedIndexes, status.active, status.terminating, status.ready], [completed, undefined, 0, 0])
    assert.deepEqual(status.conditions.map((c: Body) => `${c['type']}: ${c['message']}`), ['SuccessCriteriaMet: Matched rules at index 0', 'Complete: Matched rules at index 0'])
  }
  behaviour('with successPolicy should succeeded when all indexes succeeded', (stage, namespace) => succeeds(stage, namespace, [{ succeededCount: 5 }], () => true, '0-4'))
  behaviour('with successPolicy succeededIndexes rule should succeeded even when some indexes remain pending', (stage, namespace) => succeeds(stage, namespace, [{ succeededIndexes: '0' }], (index) => index === 0, '0'))
  behaviour('with successPolicy succeededCount rule should succeeded even when some indexes remain pending', (stage, namespace) => succeeds(stage, namespace, [{ succeededCount: 1 }], (index) => index === 0, '0'))
})
