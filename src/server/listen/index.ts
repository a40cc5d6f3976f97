// The API server on a socket.
export { errorAnswer } from '../respond.ts'
export { listen, type Listening, type ListenOptions } from './listen.ts'
export type { KeyPair, ServingCertificates } from './serving.ts'
export { tlsChoices, type TlsChoices } from './tls-flags.ts'
