export { clusterPaths, defaultDataDir, type ClusterPaths } from './data-dir.ts'
export * from './setup/index.ts'
