// Clusters for tests: in one process, on a clock turned by hand, the same for the same seed.
export { ExtensionServer, type Asked, type ExtensionOptions } from './extension-server.ts'
export { FakeClock, rest } from './fake-clock.ts'
export { FaultyLine, type FaultOptions } from './faults.ts'
export { HollowNodes } from './hollow-nodes.ts'
export { ScriptedKubectl } from './kubectl.ts'
export { parseScript, runScript } from './script.ts'
export { machineClock, serve, type TestServer } from './test-server.ts'
export { TestCluster, type TestClusterOptions } from './test-cluster.ts'
