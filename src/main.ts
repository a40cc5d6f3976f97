// The program. Everything is imported when it is needed: compiled code is cached, and a command brings only what it uses.
import { enableCompileCache, registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

// In a clone the cache lies with the modules it was made from; an installed package may not be writable, and uses the user's.
if (import.meta.url.endsWith('/src/main.ts')) {
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)))
  // Our imports are written as the files are called: looking for each of them, its real path and its package, took a fifth of the start.
  registerHooks({
    resolve(specifier, context, next) {
      const file = specifier.startsWith('#') ? new URL(`./${specifier.slice(1)}/index.ts`, import.meta.url) : specifier.startsWith('.') && specifier.endsWith('.ts') ? new URL(specifier, context.parentURL) : undefined
      return file ? { url: file.href, format: 'module-typescript', shortCircuit: true } : next(specifier, context)
    },
  })
} else enableCompileCache()
// A reader that has seen enough (`| head`) must not take the cluster down with it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => { /* nobody reads any more */ })
const { run } = await import('#cli')
process.exitCode = await run(process.argv.slice(2))
