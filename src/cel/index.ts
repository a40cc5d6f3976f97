// The Common Expression Language, as Kubernetes v1.36 speaks it: parsed, checked against declared types, priced, evaluated.
export * from './cel-type.ts'
export * from './compile.ts'
export { authorizerValue, resourceCheckValue, type AuthorizationCheck, type AuthorizationDecision, type Authorize } from './library/authorization.ts'
export { deviceVariable, type DeviceForCel } from './library/devices.ts'
export { escapeName, unescapeName } from './names.ts'
export { celTypeOfSchema } from './schema-type.ts'
export { declaredSize, largestRequest, leastSize } from './sizes.ts'
export { namesOutOfPlace } from './open-objects.ts'
