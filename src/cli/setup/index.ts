export * from './machine.ts'
export * from './kubectl.ts'
export { installPackages, nameWithPackage } from './packages.ts'
