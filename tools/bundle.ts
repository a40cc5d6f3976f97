// npm run pack:bundle: makes the package that users install, in dist/package (then: npm pack ./dist/package). It holds one
// compiled bundle, split only where the sources import lazily, and depends on nothing: not on the libraries, which are in
// the bundle, and not on a Node, which would change the Node of the user's own scripts.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { buildInfo } from '../src/assembly/build-info.ts'

const root = dirname(import.meta.dirname)
const into = join(root, 'dist', 'package')
rmSync(join(root, 'dist'), { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root, entryPoints: ['src/main.ts'], outdir: join(into, 'dist'), bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node24',
  // ECMAScript builds of libraries first: those in CommonJS lose their named exports when they are imported lazily.
  conditions: ['proa-source'], mainFields: ['module', 'main'], minifySyntax: true, minifyWhitespace: true, legalComments: 'linked', metafile: true,
  // Libraries in CommonJS find their require.
  banner: { js: "import { createRequire as proaRequire } from 'node:module'; const require = proaRequire(import.meta.url);" },
})
const { name, version, description, license, type, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>
writeFileSync(join(into, 'package.json'), `${JSON.stringify({ name, version, description, license, type, bin, commit: buildInfo(root).commit, engines: { node: '>=24' } }, null, 2)}\n`)
mkdirSync(join(into, 'tools'))
for (const file of ['proa', 'tools/launch.sh', 'README.md', 'LICENSE']) if (existsSync(join(root, file))) copyFileSync(join(root, file), join(into, file))
const files = Object.keys(metafile.outputs)
console.log(`dist/package: ${files.length} files, ${(files.reduce((sum, file) => sum + statSync(join(root, file)).size, 0) / 1024).toFixed(0)} KB`)
