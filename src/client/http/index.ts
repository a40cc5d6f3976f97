// The part of the client that touches the machine: HTTP/2 over TLS (or in the clear) with node:http2.
export { httpClient, type HttpOptions } from './http.ts'
