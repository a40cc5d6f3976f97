// References to container images, as far as the API has to understand them (the grammar of distribution/reference).

const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const host = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = `(?:${host}(?:\\.${host})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const reference = new RegExp(`^(?:${domain}/)?${part}(?:/${part})*(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`)

/** The tag an image is pulled by: `latest` when neither tag nor digest is given, '' when only a digest is given or the reference cannot be read. */
export function imageTag(image: string): string {
  const match = /^[a-f0-9]{64}$/.test(image) ? null : reference.exec(image)
  if (!match) return ''
  return match[1] ?? (match[2] ? '' : 'latest')
}
