// Everything that knows of Kubernetes' protobuf encoding; loaded when a client first speaks it (load.ts).
export { openEnvelope, type Envelope, type ObjectType } from './envelope.ts'
export { hasMessage } from './messages.ts'
export { readMessage } from './read-message.ts'
export { ProtobufError, WireReader } from './wire-reader.ts'
export { WireWriter } from './wire-writer.ts'
export { partialObjectSchema, statusSchema, writeList, writeObject, writeWatchEvent, type ListParts } from './write-object.ts'
