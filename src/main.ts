// The program. Everything is imported when it is needed: compiled code is cached, and a command brings only what it uses.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)))
const { run } = await import('#cli')
process.exitCode = await run(process.argv.slice(2))
