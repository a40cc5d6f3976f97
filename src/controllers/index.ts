// Every controller the control plane runs. Adding one is a new file and a line here.
export { deploymentController } from './deployment.ts'
export { replicaSetController } from './replicaset.ts'
export { replicationControllerController } from './replicationcontroller.ts'
export { clusterRoleAggregationController } from './clusterrole-aggregation.ts'
