// A program for the crash tests: writes to the store file named on its command line in 32 streams, saying each acknowledged
// write ("stream number"), until it is killed. It compacts now and then, so that it is killed in the middle of that too.

import { writeSync } from 'node:fs'
import { silent } from '#machinery'
import { openStore } from '../store.ts'
import { openSqliteEngine } from './sqlite.ts'

const [file = '', firstNumber = '0'] = process.argv.slice(2)
const store = await openStore({ engine: openSqliteEngine(file), clock: { now: () => 0, after: () => () => {} }, log: silent, onFatal: (error) => { throw error } })
writeSync(1, 'open\n')

async function stream(name: string): Promise<void> {
  for (let i = Number(firstNumber); ; i++) {
    const value = new TextEncoder().encode(String(i).padStart(1000, '0'))
    await store.transaction([], [{ type: 'put', key: `stream/${name}`, value }, { type: 'put', key: `log/${name}/${i}`, value: value.subarray(990) }, { type: 'delete', key: `log/${name}/${i - 5}` }])
    writeSync(1, `${name} ${i}\n`)
    if (name === '0' && i % 50 === 49) void store.compact(store.revision - 20)
  }
}
await Promise.all(Array.from({ length: 32 }, (_, i) => stream(String(i))))
