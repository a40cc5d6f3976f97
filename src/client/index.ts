// Talking to any API server.
export * from './client.ts'
export * from './cluster.ts'
export * from './controller.ts'
export * from './events.ts'
export * from './informer.ts'
export * from './informers.ts'
export { indexOf, type Index } from './object-table.ts'
