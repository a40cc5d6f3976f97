export { run } from './run.ts'
export { clusterPaths, defaultDataDir, type ClusterPaths } from './data-dir.ts'
export type { ClusterOptions } from './cluster-options.ts'
export type { ClusterProgram, Context, LoadedImage, RunningAgent, RunningCluster } from './cluster-program.ts'
