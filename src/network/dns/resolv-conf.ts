// The file that says where names are resolved: resolv.conf(5).

export interface ResolvConf { readonly nameservers: readonly string[]; readonly search: readonly string[]; readonly options: readonly string[] }

/** Reads the text of a resolv.conf. The last `search` or `domain` counts, as for the C library; what is not understood is passed over. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = []
  const options: string[] = []
  let search: string[] = []
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.replace(/[#;].*/, '').trim().split(/\s+/)
    if (word === 'nameserver' && rest[0]) nameservers.push(rest[0])
    else if (word === 'search' || word === 'domain') search = rest
    else if (word === 'options') options.push(...rest)
  }
  return { nameservers, search, options }
}
