import type { Secret } from '#kinds'

/** A value of a Secret's data as text; '' when it is not there. */
export function secretText({ data }: Pick<Secret, 'data'>, key: string): string {
  const encoded = data?.[key]
  if (encoded === undefined) return ''
  return new TextDecoder().decode(Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0)))
}
