// Field numbers of containerd's own event service (containerd.services.events.v1) and of the events read from it.
export const containerdEvents = {
  package: 'containerd.services.events.v1',
  messages: {
    Timestamp: { seconds: [1, '', 'int64'], nanos: [2, '', 'int32'] },
    Any: { type_url: [1, '', 'string'], value: [2, '', 'bytes'] },
    Empty: {},
    PublishRequest: { topic: [1, '', 'string'], event: [2, '', 'Any'] },
    SubscribeRequest: { filters: [1, 'repeated', 'string'] },
    Envelope: { timestamp: [1, '', 'Timestamp'], namespace: [2, '', 'string'], topic: [3, '', 'string'], event: [4, '', 'Any'] },
    TaskExit: { container_id: [1, '', 'string'], id: [2, '', 'string'], pid: [3, '', 'uint32'], exit_status: [4, '', 'uint32'] },
    TaskStart: { container_id: [1, '', 'string'], pid: [2, '', 'uint32'] },
    TaskDelete: { container_id: [1, '', 'string'], pid: [2, '', 'uint32'], exit_status: [3, '', 'uint32'], id: [5, '', 'string'] },
    ContainerDelete: { id: [1, '', 'string'] },
  },
  enums: {},
  services: { Events: { Publish: ['PublishRequest', 'Empty'], Subscribe: ['SubscribeRequest', 'Envelope'] } },
} satisfies ProtocolFacts

/** A protocol as data: messages by name, of fields by name with number, rule ('', repeated, map) and type. */
export interface ProtocolFacts {
  readonly package: string
  readonly messages: Readonly<Record<string, Readonly<Record<string, readonly (number | string)[]>>>>
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Methods with the names of request and answer. */
  readonly services: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}
