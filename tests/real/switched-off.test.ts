// needs: kubectl
// minutes: 1
// What v1.36 has switched off, switched on by the reference's flags and driven by kubectl; without the flags, and with wrong ones.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ServerProcess } from './server-process.ts'
import { Terminal } from './terminal.ts'

let home: string, server: ServerProcess, terminal: Terminal
const flags = ['--runtime-config=api/all=true', '--feature-gates=GenericWorkload=true,ClusterTrustBundle=true']
const manifest = `
apiVersion: scheduling.k8s.io/v1alpha2
kind: Workload
metadata: {name: w}
spec: {podGroupTemplates: [{name: t, schedulingPolicy: {gang: {minCount: 2}}}]}
---
apiVersion: scheduling.k8s.io/v1alpha2
kind: PodGroup
metadata: {name: g}
spec: {podGroupTemplateRef: {workload: {workloadName: w, podGroupTemplateName: t}}, schedulingPolicy: {gang: {minCount: 2}}}
---
apiVersion: coordination.k8s.io/v1alpha2
kind: LeaseCandidate
metadata: {name: c}
spec: {leaseName: l, binaryVersion: 1.36.0, emulationVersion: 1.36.0, strategy: OldestEmulationVersion}
`
before(async () => {
  home = mkdtempSync(join(tmpdir(), 'proa-switched-off-'))
  writeFileSync(join(home, 'm.yaml'), manifest)
  server = await ServerProcess.start(home, ['--kubeconfig', join(home, 'kubeconfig'), ...flags])
  terminal = new Terminal(home, { PROA_HOME: home, KUBECONFIG: join(home, 'kubeconfig'), HOME: home })
})
after(async () => {
  await server?.stop()
  rmSync(home, { recursive: true, force: true })
})

test('kubectl makes them, lists them, explains them and deletes them', async () => {
  assert.equal(await terminal.k('apply', '-f', join(home, 'm.yaml')), 'workload.scheduling.k8s.io/w created\npodgroup.scheduling.k8s.io/g created\nleasecandidate.coordination.k8s.io/c created\n')
  assert.match(await terminal.k('get', 'leasecandidates'), /^NAME +LEASENAME +BINARYVERSION +EMULATIONVERSION +AGE\nc +l +1.36.0 +1.36.0 /)
  assert.match(await terminal.k('explain', 'podgroup.spec.schedulingPolicy'), /gang\t<GangSchedulingPolicy>/)
  assert.match(await terminal.k('get', 'clustertrustbundles', '-o', 'name'), /^clustertrustbundle.certificates.k8s.io\/kubernetes.io:kube-apiserver-serving:[0-9a-f]{24}\n$/)
  assert.equal(await terminal.k('delete', 'podgroup/g', 'workload/w'), 'podgroup.scheduling.k8s.io "g" deleted\nworkload.scheduling.k8s.io "w" deleted\n')
  assert.doesNotMatch(await terminal.k('api-resources'), /podcertificaterequests/)
})
test('wrong flags are told in the reference\'s words', async () => {
  for (const [flag, why] of [['--runtime-config=nonsense/v1=true', /unknown api groups nonsense/], ['--feature-gates=NoSuchGate=true', /unrecognized feature gate: NoSuchGate/], ['--feature-gates=APIServerTracing=false', /cannot set feature gate APIServerTracing to false, feature is locked to true/]] as const)
    await assert.rejects(ServerProcess.start(home, [flag], 'wrong'), why)
})
