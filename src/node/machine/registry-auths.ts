// Credentials for images, from the secrets that a pod names.
import type { Secret } from '#kinds'
import { fullImageName } from '../runtime/image-name.ts'

export interface Credentials { readonly username: string; readonly password: string }
interface Entry { readonly username?: unknown; readonly password?: unknown; readonly auth?: unknown }

/** Those that fit the image, the most precise first. Secrets of other types and texts that cannot be read give none. */
export function registryAuths(secrets: readonly Secret[], image: string): Credentials[] {
  const name = fullImageName(image), found: { place: string; credentials: Credentials }[] = []
  for (const secret of secrets)
    for (const [place, entry] of Object.entries(entriesOf(secret))) {
      const credentials = credentialsOf(entry)
      if (credentials && covers(plain(place), name)) found.push({ place: plain(place), credentials })
    }
  return found.sort((a, b) => b.place.length - a.place.length).map((f) => f.credentials)
}

function entriesOf({ type, data }: Secret): Record<string, Entry> {
  const text = type === 'kubernetes.io/dockerconfigjson' ? data?.['.dockerconfigjson'] : type === 'kubernetes.io/dockercfg' ? data?.['.dockercfg'] : undefined
  if (text === undefined) return {}
  try {
    const whole = JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as Record<string, unknown> | null
    const entries = type === 'kubernetes.io/dockercfg' ? whole : whole?.['auths']
    return entries !== null && typeof entries === 'object' ? entries as Record<string, Entry> : {}
  } catch { return {} } // the API server checks that it is JSON
}

function credentialsOf(entry: Entry | null): Credentials | undefined {
  if (entry === null || typeof entry !== 'object') return undefined
  const { username, password, auth } = entry
  if (typeof auth === 'string' && auth) {
    const [, name, secret] = /^([^:]*):([^]*)$/.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? []
    if (name !== undefined && secret !== undefined) return { username: name, password: secret }
  }
  return typeof username === 'string' && typeof password === 'string' ? { username, password } : undefined
}

/** A registry as configurations write it, without what is not part of image names. The default one has an older name of its own. */
const plain = (place: string): string => place.replace(/^https?:\/\//, '').replace(/\/v[12]\/?$/, '').replace(/\/$/, '').replace(/^index\.(?=docker\.io(\/|$))/, '') // allowed: the default registry's older name

/** Whether a registry, or a path in it, is that of the image; a star stands for one part of the host's name. */
function covers(place: string, image: string): boolean {
  const [host = '', ...path] = place.split('/'), [imageHost = '', ...imagePath] = image.split('/')
  const parts = host.split('.'), imageParts = imageHost.split('.')
  const sameHost = parts.length === imageParts.length && parts.every((part, i) => part === '*' || (part.includes('*') ? globs(part, imageParts[i]!) : part === imageParts[i]))
  const prefix = path.join('/')
  return sameHost && (prefix === '' || imagePath.join('/').startsWith(prefix))
}
const globs = (pattern: string, text: string): boolean => {
  const [first = '', ...rest] = pattern.split('*'), last = rest.at(-1) ?? ''
  return text.length >= first.length + last.length && text.startsWith(first) && text.endsWith(last)
}
