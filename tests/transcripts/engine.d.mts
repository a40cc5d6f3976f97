export interface ClientOptions { readonly server: string; readonly token?: string; readonly cert?: string; readonly key?: string; readonly ca?: string; readonly insecure?: boolean }
export class Client { constructor(options: ClientOptions) }
export interface Step {
  readonly id: string; readonly expect?: object; readonly compare?: 'subset' | 'status' | 'none'; readonly watch?: string
  readonly request?: { readonly method: string; readonly path: string }; readonly waitFor?: { readonly path: string }
}
export interface Transcript { readonly name: string; readonly about: string; readonly group: string; readonly namespaces?: readonly string[]; readonly steps: readonly Step[] }
export interface Difference { readonly path: string; readonly expected: unknown; readonly actual: unknown }
export function clearNamespaces(client: Client, transcript: Transcript): Promise<void>
export function runTranscript(client: Client, transcript: Transcript, onStep: (step: Step, actual: object, info: { readonly ms: number }) => void): Promise<void>
export function diff(expected: object, actual: object): Difference[]
