// The Common Expression Language, as Kubernetes v1.36 speaks it: parsed, checked against declared types, priced, evaluated.
export * from './cel-type.ts'
export * from './compile.ts'
