// Talking to any API server.
export * from './client.ts'
