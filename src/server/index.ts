// HTTP to Status and back: the API server as a function.
export * from './admission/admission.ts'
export { admissionPlugins, type AdmissionOptions } from './admission/index.ts'
export * from './authn/authn.ts'
export * from './authz/authz.ts'
export type { Change, ObjectReader } from './object-reader.ts'
export { Objects, type ObjectsOptions } from './objects.ts'
export { createApiServer, type ApiServer, type ApiServerOptions, type Allocator, type HealthCheck, type Impersonator, type KubeletAddress, type KubeletAnswer, type KubeletConnector, type TokenRequest, type TokenSigner } from './server.ts'
