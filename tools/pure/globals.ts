// What the pure rooms may use beyond the language itself; compiled only with tsconfig.pure.json. All of these exist in
// Node and in browsers and depend on nothing but their arguments.

export {}
declare global {
  class TextEncoder {
    encode(input?: string): Uint8Array<ArrayBuffer>
    encodeInto(source: string, destination: Uint8Array): { read: number; written: number }
  }
  class TextDecoder {
    constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
    decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string
  }
  function queueMicrotask(run: () => void): void
  function structuredClone<T>(value: T): T
  function atob(text: string): string
  function btoa(text: string): string

  interface AbortSignal {
    readonly aborted: boolean
    readonly reason: unknown
    throwIfAborted(): void
    addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
    removeEventListener(type: 'abort', listener: () => void): void
  }
  class AbortController {
    readonly signal: AbortSignal
    abort(reason?: unknown): void
  }
  class URLSearchParams implements Iterable<[string, string]> {
    constructor(init?: string | Record<string, string> | Iterable<[string, string]>)
    append(name: string, value: string): void
    delete(name: string): void
    get(name: string): string | null
    getAll(name: string): string[]
    has(name: string): boolean
    set(name: string, value: string): void
    toString(): string
    [Symbol.iterator](): IterableIterator<[string, string]>
  }
  class URL {
    constructor(url: string, base?: string)
    readonly href: string
    readonly protocol: string
    readonly host: string
    readonly hostname: string
    readonly port: string
    readonly pathname: string
    readonly search: string
    readonly searchParams: URLSearchParams
    toString(): string
  }

  // These are not theirs: using one is an error here, and so is a pure room that reaches Node's own types by an import.
  const process: never
  const Buffer: never
  const console: never
}
