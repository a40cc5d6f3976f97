// Everything that knows of Kubernetes' protobuf encoding; loaded when a client first speaks it (load.ts).
export { openEnvelope, type Envelope } from './envelope.ts'
export { hasMessage } from './messages.ts'
export { readMessage } from './read-message.ts'
export { ProtobufError } from './wire-reader.ts'
