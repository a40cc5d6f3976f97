// Reads how apt is configured, to find the Debian mirror that this machine uses. Nothing is ever written there.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One repository of Debian itself, as the machine is configured to reach it. */
export interface Mirror {
  readonly uri: string
  /** Of the signing keys; undefined where apt's trusted keys are used. */
  readonly signedBy: string | undefined
}

/** All sources apt would read: sources.list, then sources.list.d in order. */
export function readAptSources(dir = '/etc/apt'): { name: string; text: string }[] {
  const parts = join(dir, 'sources.list.d')
  const files = [join(dir, 'sources.list'), ...(existsSync(parts) ? readdirSync(parts).sort().map((name) => join(parts, name)) : [])]
  return files.filter((file) => /\.(?:list|sources)$/.test(file) && existsSync(file)).map((file) => ({ name: file, text: readFileSync(file, 'utf8') }))
}

/** The mirror from which `codename` itself comes (not its security updates, not a third party). */
export function findMirror(sources: readonly { name: string; text: string }[], codename: string): Mirror | undefined {
  for (const { name, text } of sources) {
    const entries = name.endsWith('.sources') ? stanzas(text) : lines(text)
    const found = entries.find(({ suites, components }) => suites.includes(codename) && components.includes('main'))
    if (found?.uri) return { uri: found.uri, signedBy: found.signedBy }
  }
  return undefined
}

interface Entry { uri: string | undefined; suites: readonly string[]; components: readonly string[]; signedBy: string | undefined }

/** deb822 format: stanzas of `Field: values`, with continuation lines; a key may stand in the file itself. */
function stanzas(text: string): Entry[] {
  return text.split(/\n\s*\n/).map((stanza) => {
    const fields = new Map<string, string>()
    let last = ''
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#')) continue
      const field = /^([A-Za-z-]+):\s*(.*)$/.exec(line)
      if (field) { last = field[1]!.toLowerCase(); fields.set(last, field[2]!) } else if (last) fields.set(last, `${fields.get(last)}\n${line}`)
    }
    const words = (field: string) => (fields.get(field) ?? '').split(/\s+/).filter(Boolean)
    const signedBy = words('signed-by')
    const off = words('enabled')[0] === 'no' || !words('types').includes('deb')
    return { uri: off ? undefined : words('uris')[0], suites: off ? [] : words('suites'), components: words('components'), signedBy: signedBy.length === 1 ? signedBy[0] : undefined }
  })
}

/** One-line format: deb [options] uri suite components. */
function lines(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.replace(/#.*/, ''))
    if (!match) return []
    return [{ uri: match[2], suites: [match[3]!], components: match[4]!.split(/\s+/), signedBy: /signed-by=(\S+)/.exec(match[1] ?? '')?.[1] }]
  })
}
