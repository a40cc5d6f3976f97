// A node without a machine: nothing to mount, nothing to write; probes are what the simulated runtime says.
import type { Pod } from '#kinds'
import { containerTypeAnnotation } from '../runtime/simulated-pod.ts'
import type { ContainerConfig, PodSandboxConfig, Runtime } from '../runtime/runtime.ts'
import type { PodEnvironment } from './environment.ts'
import { isSidecar } from './plan.ts'

const podLabels = ({ metadata }: Pod) => ({ 'io.kubernetes.pod.name': metadata.name, 'io.kubernetes.pod.namespace': metadata.namespace ?? '', 'io.kubernetes.pod.uid': metadata.uid })

export const createSimulatedEnvironment = (runtime: Runtime): PodEnvironment => ({
  async setUp() {},
  sandboxConfig: (pod, attempt): PodSandboxConfig => ({
    metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace ?? '', uid: pod.metadata.uid, attempt }, hostname: pod.spec.hostNetwork ? '' : pod.metadata.name, logDirectory: '/',
    labels: { ...pod.metadata.labels, ...podLabels(pod) }, annotations: pod.metadata.annotations ?? {},
    ...(pod.spec.hostNetwork && { security: { namespaces: { network: 'node' } } }),
  }),
  containerConfig: async (pod, container, { attempt, image }): Promise<ContainerConfig> => ({
    metadata: { name: container.name, attempt }, image: image.id, labels: { ...podLabels(pod), 'io.kubernetes.container.name': container.name },
    annotations: pod.spec.initContainers?.some((c) => c.name === container.name && !isSidecar(c)) ? { [containerTypeAnnotation]: 'init' } : {},
  }),
  registryAuths: async () => [],
  terminationMessage: async () => '',
  runHook: async () => ({ success: true, output: '' }),
  runProbe: async (_pod, _container, _probe, { containerId }) => (runtime.probe?.(containerId) ?? true ? { success: true, output: '' } : { success: false, output: 'the simulated container is not ready' }),
  onChange() {},
  async tearDown() {},
  present: async () => [],
})
