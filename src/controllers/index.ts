// What happens after an object changes: the controllers. The list of them is in start.ts.
export * from './start.ts'
