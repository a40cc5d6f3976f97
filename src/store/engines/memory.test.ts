import { storeContract } from '../engine.contract.ts'
import { memoryEngine } from './memory.ts'

storeContract('memory', () => {
  const engine = memoryEngine()
  return { open: async () => engine, remove: async () => {} }
})
