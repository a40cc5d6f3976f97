// Every number that keeps one client from harming the others.

/** A request's body. */
export const bodyBytes = 3 * 1024 * 1024
/** All headers of a request, uncompressed. */
export const headerBytes = 64 * 1024
/** Requests in flight on one HTTP/2 connection. */
export const streamsPerConnection = 1000
/** A request that is no watch must be answered by then. */
export const requestMs = 60_000
/** A body must have arrived by then. */
export const bodyMs = 60_000
/** A connection with nothing in flight is closed after this. */
export const idleMs = 10 * 60_000
/** The same for HTTP/1.1; longer than clients keep theirs. */
export const idleHttp1Ms = 3 * 60_000
/** The TLS handshake must be done by then. */
export const handshakeMs = 10_000
/** What a slow reader may leave unread of a stream before writing stops. */
export const unreadBytes = 1024 * 1024
/** Flow-control windows: what a peer may send before it is told to go on. Large ones make large lists fast. */
export const streamWindow = 16 * 1024 * 1024
export const connectionWindow = 64 * 1024 * 1024
/** Answers larger than this are compressed when the client asks for it. */
export const gzipBytes = 128 * 1024
/** Connections still open this long after the server was told to close are cut. */
export const drainMs = 5_000
