import type { Client, ClientReadableStream, ServiceError } from '@grpc/grpc-js'
import type { INamespace, Root, Type } from 'protobufjs'
import { containerdEvents, type ProtocolFacts } from './containerd-events.ts'
import { type RuntimeErrorReason, RuntimeError } from './errors.ts'
import type { CallOptions } from './runtime.ts'

/** A message as the wire has it: fields in camelCase, enums as numbers, 64-bit numbers as Long. */
export type Message = Readonly<Record<string, unknown>>

/** A connection to containerd's socket: the CRI services, and containerd's own events. */
export interface Connection {
  /** Calls a CRI method. `service` is RuntimeService or ImageService. Rejects with a RuntimeError. */
  call<Answer>(service: string, method: string, request: Message, options: CallOptions & { readonly timeoutMs: number }): Promise<Answer>
  /** Subscribes to containerd's events of its namespace k8s.io; `ended` is called once, also after cancel. */
  subscribe(seen: (topic: string, event: Uint8Array) => void, ended: (error: Error) => void): { cancel(): void }
  /** Publishes an empty event with this topic. */
  publish(topic: string, timeoutMs: number): Promise<void>
  /**
   * The id of the container and of the process in it (the same for its first one) that an event speaks of; undefined for
   * topics other than /tasks/start, /tasks/exit, /tasks/delete and /containers/delete.
   */
  eventSubject(topic: string, event: Uint8Array): { readonly containerId: string; readonly processId: string } | undefined
  /** Resolves once the socket answers; rejects after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>
  close(): void
}

const namespace = 'k8s.io'
const maxMessage = 16 << 20

/** Connects to a containerd. Loads gRPC and protobuf only now: a cluster without real containers never pays for them. */
export async function connect(socket: string): Promise<Connection> {
  const [grpc, protobuf, facts] = await Promise.all([
    import('@grpc/grpc-js'), import('protobufjs'), import('./cri-v1.json', { with: { type: 'json' } }),
  ])
  const cri: ProtocolFacts = facts.default
  const messages = loadMessages(protobuf.default.Root, [cri, containerdEvents])
  const client: Client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure(), {
    'grpc.default_authority': 'localhost', 'grpc.max_receive_message_length': maxMessage, 'grpc.max_send_message_length': maxMessage,
    'grpc.initial_reconnect_backoff_ms': 20, 'grpc.max_reconnect_backoff_ms': 500,
  })
  const encode = (type: Type) => (message: Message) => type.encode(message).finish() as Buffer
  const decode = (type: Type) => (bytes: Uint8Array): unknown => type.decode(bytes)
  const inNamespace = () => { const metadata = new grpc.Metadata(); metadata.set('containerd-namespace', namespace); return metadata }

  const unary = (facts: ProtocolFacts, service: string, method: string) => {
    const [request, answer] = facts.services[service]![method]!
    const requestType = messages(facts, request!)
    const answerType = messages(facts, answer!)
    return <Answer>(message: Message, options: CallOptions & { readonly timeoutMs: number }) => new Promise<Answer>((resolve, reject) => {
      if (options.signal?.aborted) return reject(new RuntimeError('Cancelled', `${method} was cancelled`))
      const abort = () => call.cancel()
      const call = client.makeUnaryRequest(
        `/${facts.package}.${service}/${method}`, encode(requestType), decode(answerType), message, inNamespace(),
        { deadline: Date.now() + options.timeoutMs },
        (error, value) => {
          options.signal?.removeEventListener('abort', abort)
          if (error) reject(asRuntimeError(error, method))
          else resolve(value as Answer)
        })
      options.signal?.addEventListener('abort', abort, { once: true })
    })
  }
  const methods = new Map<string, ReturnType<typeof unary>>()
  for (const [service, its] of Object.entries(cri.services)) for (const method of Object.keys(its)) methods.set(`${service}/${method}`, unary(cri, service, method))
  const publish = unary(containerdEvents, 'Events', 'Publish')
  const read = (name: string) => decode(messages(containerdEvents, name))
  const subjects: Readonly<Record<string, (event: Uint8Array) => unknown>> = {
    '/tasks/start': read('TaskStart'), '/tasks/exit': read('TaskExit'), '/tasks/delete': read('TaskDelete'), '/containers/delete': read('ContainerDelete'),
  }

  return {
    call: (service, method, request, options) => methods.get(`${service}/${method}`)!(request, options),
    publish: (topic, timeoutMs) => publish({ topic, event: { typeUrl: 'proa.dev/Empty' } }, { timeoutMs }),
    subscribe(seen, ended) {
      const stream: ClientReadableStream<unknown> = client.makeServerStreamRequest(
        `/${containerdEvents.package}.Events/Subscribe`, encode(messages(containerdEvents, 'SubscribeRequest')), decode(messages(containerdEvents, 'Envelope')),
        { filters: [`namespace==${namespace}`] }, inNamespace())
      let over = false
      const end = (error: Error) => { if (!over) { over = true; ended(error) } }
      stream.on('data', (envelope: { topic: string; event: { value: Uint8Array } | null }) => seen(envelope.topic, envelope.event?.value ?? new Uint8Array()))
      stream.on('error', end)
      stream.on('end', () => end(new Error('the event stream ended')))
      return { cancel: () => stream.cancel() }
    },
    eventSubject(topic, event) {
      const subject = subjects[topic]?.(event) as { readonly containerId?: string; readonly id?: string } | undefined
      const containerId = subject?.containerId ?? subject?.id
      return containerId === undefined ? undefined : { containerId, processId: subject?.id || containerId }
    },
    ready: (timeoutMs) => new Promise((resolve, reject) => {
      client.waitForReady(Date.now() + timeoutMs, (error) => error ? reject(new RuntimeError('Unavailable', `containerd does not answer at ${socket}`, error)) : resolve())
    }),
    close: () => client.close(),
  }
}

function loadMessages(RootOf: typeof Root, all: readonly ProtocolFacts[]): (facts: ProtocolFacts, name: string) => Type {
  const root = new RootOf()
  for (const facts of all) root.define(facts.package.split('.')).addJSON(namespaceJson(facts))
  root.resolveAll()
  return (facts, name) => root.lookupType(`${facts.package}.${name}`)
}

type Nested = NonNullable<INamespace['nested']>

function namespaceJson(facts: ProtocolFacts): Nested {
  const nested: Record<string, { fields: Record<string, object>; nested: Record<string, object> }> = {}
  for (const [name, fields] of Object.entries(facts.messages)) {
    nested[name] = { fields: Object.fromEntries(Object.entries(fields).map(([field, fact]) => [camelCase(field), fieldJson(fact)])), nested: {} }
  }
  const enums: Record<string, object> = {}
  for (const [name, values] of Object.entries(facts.enums)) {
    const [owner, inner] = name.split('.')
    if (inner === undefined) enums[name] = { values }
    else nested[owner!]!.nested[inner] = { values }
  }
  return { ...nested, ...enums } as Nested
}

function fieldJson([id, rule, type]: readonly (number | string)[]): object {
  if (rule !== 'map') return rule === 'repeated' ? { id, rule, type } : { id, type }
  const [keyType, valueType] = String(type).split(',')
  return { id, keyType, type: valueType }
}

const camelCase = (name: string): string => name.replace(/_([a-zA-Z])/g, (_, letter: string) => letter.toUpperCase())

/** gRPC status codes that mean something of their own here. */
const reasons: Readonly<Record<number, RuntimeErrorReason>> = {
  1: 'Cancelled', 3: 'InvalidArgument', 4: 'DeadlineExceeded', 5: 'NotFound', 6: 'AlreadyExists', 12: 'Unsupported', 14: 'Unavailable',
}

function asRuntimeError(error: ServiceError, method: string): RuntimeError {
  const message = error.details === '' ? error.message : error.details
  if (/^failed to reserve (container|sandbox) name/.test(message)) return new RuntimeError('AlreadyExists', message, error)
  return new RuntimeError(reasons[error.code] ?? 'Failed', error.code === 14 ? `the container runtime does not answer (${method}): ${message}` : message, error)
}
