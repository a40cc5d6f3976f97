import { nameIsDNSSubdomain, type NameRule } from '#machinery'

/** A bundle of a signer is called after it, all others have no colon in their names. */
export const trustBundleName: NameRule = (name, prefix, object) => whyNotName((object as { spec?: { signerName?: string } } | undefined)?.spec?.signerName, name, prefix)
function whyNotName(signer: string | undefined, name: string, prefix = false): string[] {
  if (!signer) return name.includes(':') ? ['ClusterTrustBundle without signer name must not have ":" in its name'] : nameIsDNSSubdomain(name, prefix)
  const start = `${signer.replaceAll('/', ':')}:`
  return name.startsWith(start) ? nameIsDNSSubdomain(name.slice(start.length), prefix) : [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${start}`]
}
/** The same for a name that somebody says, who does not know the signer: the name says it. */
export function whyNoBundleName(name: string): string[] {
  const [domain, path, ...rest] = name.split(':')
  return whyNotName(rest.length > 0 ? `${domain}/${path}` : undefined, name)
}
