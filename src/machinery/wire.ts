// A request and its answer as the server's pipeline sees them, whatever carried them: HTTP, or a direct call in the same process.
// `server` answers them; `client` asks them; assembly connects the two.
import type { AnyObject } from './meta.ts'

/** Who is asking (authentication.k8s.io/v1 UserInfo). */
export interface User {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** A client's X.509 certificate, as TLS saw it. */
export interface ClientCertificate {
  readonly commonName: string
  /** In order. */
  readonly organizations: readonly string[]
  /** The subject's elements 1.3.6.1.4.1.57683.2. */
  readonly uids: readonly string[]
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string
  /** Fingerprints of the certificate and of what vouches for it, up to an authority that TLS trusts. */
  readonly chain: readonly string[]
  /** When the whole chain is valid, in milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** Why TLS does not believe it; absent: it does. */
  readonly problem?: string
}

export interface ApiRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  /** Path without the query, still percent-encoded. */
  readonly path: string
  /** The query string without '?'. */
  readonly query: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Names and values in turn, as they came: for headers that come several times. */
  readonly rawHeaders?: readonly string[]
  /** Bytes as they came, or (direct calls) an object that nobody changes any more. */
  readonly body: Uint8Array | { readonly object: unknown } | undefined
  /** In place of a body where it is only passed on (proxy): its bytes as they come. Used at most once. */
  readonly stream?: ByteSource | undefined
  /** Set by a transport that knows the user (direct calls); else authentication decides from the certificate and the headers. */
  readonly user?: User
  /** The certificate that the client showed, believed or not. */
  readonly certificate?: ClientCertificate | undefined
  /** Client address for audit and logs. */
  readonly remote?: string | undefined
  /** Calls back once when the client has gone. */
  readonly onGone?: (run: () => void) => void
  /** Set by a server that speaks CBOR (the gate CBORServingAndStorage), for those who read and write bodies. */
  readonly cbor?: true
  /** Direct calls: answers may carry shared frozen values instead of bytes. */
  readonly direct?: true
}

export interface ApiResponse {
  readonly status: number
  /** Lower-case names; a list is sent as several headers of that name (warning). */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: ResponseBody
}
export type ResponseBody =
  | { readonly type: 'bytes'; readonly chunks: readonly Uint8Array[] }
  /** direct calls only: a decoded, frozen value (object, list, Status) */
  | { readonly type: 'value'; readonly value: unknown }
  /** `bounded`: it ends by itself, and must be read in the time that a request has; others (watches, followed logs) last as long as the reader likes. */
  | { readonly type: 'stream'; readonly open: (sink: StreamSink) => () => void; readonly bounded?: true }
  /** direct watches: decoded, frozen, shared events */
  | { readonly type: 'watch'; readonly open: (sink: WatchSink) => () => void }
  /** The connection is to be taken over (exec, attach, portforward, proxy) by server/listen. */
  | { readonly type: 'upgrade'; readonly target: UpgradeTarget }

/** Writes its bytes into the sink as they come; the returned function hangs up. */
export type ByteSource = (sink: StreamSink) => () => void
/** Where streamed bytes go. `write` returns false when the reader is slow; `drained` then calls back. */
export interface StreamSink { write(chunk: Uint8Array): boolean; end(): void; drained(run: () => void): void }
export interface WatchSink { event(event: WatchEvent): void; end(): void }
/** BOOKMARK objects hold only kind, apiVersion and metadata.resourceVersion (and annotations); ERROR objects are Status. */
export interface WatchEvent<T = AnyObject> { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; readonly object: T }

/** A connection to a node's agent (or another server) that the request is handed to, bytes piped both ways. */
export interface UpgradeTarget {
  readonly host: string; readonly port: number; readonly path: string
  /** How the server shows who it is and whom it trusts; 'kubelet' is resolved by server/listen. */
  readonly tls: 'kubelet' | 'none' | PeerTrust
  /** Sent in place of all of the client's own headers (lower-case names, host among them); absent: those, without what is only for us. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** Why nobody is at an address (of a node or a pod), so that it need not be called; undefined: somebody may be. */
export type NobodyAt = (host: string) => string | undefined

/** How to be sure of a TLS server, and what to show it. */
export interface PeerTrust {
  /** PEM of the authorities to believe; absent: those of the machine. */
  readonly ca?: string
  /** The certificate is not checked. */
  readonly insecure?: true
  /** The name to look for in the certificate, where it is not the host. */
  readonly serverName?: string
  /** A client certificate to show. PEM. */
  readonly identity?: { readonly certificate: string; readonly key: string }
}

/** The whole API server as a function. */
export type ApiHandler = (request: ApiRequest) => Promise<ApiResponse>
