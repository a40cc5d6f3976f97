// A collector of traces: a real gRPC server that keeps what it is sent, read with field numbers of its own.
import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import protobuf from 'protobufjs'

const proto = `syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; string version = 2; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Status { string message = 2; int32 code = 3; }
message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9; repeated Event events = 11; repeated Link links = 13; Status status = 15; fixed32 flags = 16; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Request { repeated ResourceSpans resource_spans = 1; }`

type Read = Record<string, any> // allowed: what was sent, read by its numbers
export interface CollectedSpan {
  readonly scope: string; readonly resource: Readonly<Record<string, unknown>>; readonly traceId: string; readonly spanId: string; readonly parentId: string; readonly name: string; readonly kind: number
  readonly startNano: bigint; readonly endNano: bigint; readonly attributes: Readonly<Record<string, unknown>>; readonly events: readonly string[]; readonly links: readonly string[]; readonly status: number
}

export class OtlpCollector {
  readonly spans: CollectedSpan[] = []
  readonly port: number
  readonly #server: Server
  #wanted: { readonly holds: () => boolean; readonly resolve: () => void } | undefined
  private constructor(server: Server, port: number) { this.#server = server; this.port = port }

  /** `failing`: every export is refused. */
  static async start({ failing = false } = {}): Promise<OtlpCollector> {
    const type = protobuf.parse(proto, { keepCase: true }).root.lookupType('Request'), server = new Server()
    const found: { collector?: OtlpCollector } = {}
    server.addService({ Export: { path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export', requestStream: false, responseStream: false, requestSerialize: (b: Buffer) => b, requestDeserialize: (b: Buffer) => b, responseSerialize: (b: Buffer) => b, responseDeserialize: (b: Buffer) => b } }, {
      Export: ({ request }: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        if (failing) { done({ code: status.UNAVAILABLE, details: 'not now' }); return }
        found.collector!.#take(type.toObject(type.decode(request), { bytes: Buffer, longs: String, defaults: true }))
        done(null, Buffer.alloc(0))
      },
    })
    const port = await new Promise<number>((resolve, reject) => { server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => { if (error) reject(error); else resolve(bound) }) })
    return found.collector = new OtlpCollector(server, port)
  }

  /** Resolves once what was sent so far is enough. */
  until(holds: () => boolean): Promise<void> { return new Promise((resolve) => { this.#wanted = { holds, resolve }; this.#look() }) }
  close(): void { this.#server.forceShutdown() }

  #take({ resource_spans }: Read): void {
    for (const { resource, scope_spans } of resource_spans as Read[]) for (const { scope, spans } of scope_spans as Read[]) for (const span of spans as Read[]) this.spans.push({
      scope: scope.name, resource: valuesOf(resource.attributes), traceId: span['trace_id'].toString('hex'), spanId: span['span_id'].toString('hex'), parentId: span['parent_span_id'].toString('hex'), name: span['name'], kind: span['kind'],
      startNano: BigInt(span['start_time_unix_nano']), endNano: BigInt(span['end_time_unix_nano']), attributes: valuesOf(span['attributes']), events: (span['events'] as Read[]).map(({ name }) => name as string),
      links: (span['links'] as Read[]).map(({ trace_id }) => trace_id.toString('hex') as string), status: span['status']?.code ?? 0,
    })
    this.#look()
  }
  #look(): void { if (this.#wanted?.holds()) { this.#wanted.resolve(); this.#wanted = undefined } }
}

const valuesOf = (list: readonly Read[]): Record<string, unknown> => Object.fromEntries(list.map(({ key, value }) => [key, value['string_value'] ?? value['bool_value'] ?? (value['int_value'] === undefined ? value['double_value'] : Number(value['int_value']))]))
