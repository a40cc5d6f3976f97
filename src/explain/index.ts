// Why things are as they are: explanations of objects that do not do what somebody expects, from the state of any cluster.
export { explain, type Question } from './explain.ts'
export type { Explanation, Reason } from './explanation.ts'
export type { Placement } from './pod.ts'
