// A node: its agent, what runs containers, and what it needs of the machine.
export { removeCgroup, unmountBelow } from './leftovers.ts'
export { containerdPaths, missingPrograms, startContainerd, type Containerd, type ContainerdOptions } from './runtime/containerd.ts'
export { closeNodeNamespaces, machineNamespaces, openNodeNamespaces, type NodeNamespaces } from './runtime/node-namespaces.ts'
export { endProcess, identify, readPidFile, removePidFile, writePidFile, type ProcessIdentity } from './runtime/process-identity.ts'
export type { Runtime } from './runtime/runtime.ts'
