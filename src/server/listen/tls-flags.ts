// What may be negotiated in a TLS handshake, in the names that Go's crypto/tls has for it.

/** Suites of TLS 1.2: OpenSSL's names. Those of TLS 1.3 are always there, as they are in Go. */
const suites: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA', TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA', TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA', TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256', TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256', TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384', TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305', TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305', TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256', TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256', TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA', TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256', TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA', TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
}
const newest = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']
/** By the numbers that IANA has for named groups. */
const curves: Readonly<Record<string, string>> = { 23: 'P-256', 24: 'P-384', 25: 'P-521', 29: 'X25519', 4587: 'SecP256r1MLKEM768', 4588: 'X25519MLKEM768', 4589: 'SecP384r1MLKEM1024' }

/** What is negotiated, as node:tls wants it; nothing where nothing was said. */
export interface TlsChoices { readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'; readonly ciphers?: string; readonly ecdhCurve?: string }

/** Throws an Error that names what there is not. */
export function tlsChoices({ minVersion, cipherSuites, curvePreferences }: { readonly minVersion: string | undefined; readonly cipherSuites: readonly string[]; readonly curvePreferences: readonly string[] }): TlsChoices {
  const ciphers = cipherSuites.filter((name) => !newest.includes(name)).map((name) => suites[name] ?? fail(`Cipher suite ${name} not supported or doesn't exist`))
  const groups = curvePreferences.map((number) => curves[number] ?? fail(`--tls-curve-preferences: there is no curve ${number}; there are ${Object.keys(curves).join(', ')}`))
  return {
    ...(minVersion === 'VersionTLS13' && { minVersion: 'TLSv1.3' as const }), ...(cipherSuites.length > 0 && { ciphers: [...newest, ...ciphers].join(':') }), ...(groups.length > 0 && { ecdhCurve: groups.join(':') }),
  }
}
function fail(text: string): never { throw new Error(text) }
