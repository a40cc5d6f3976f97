const defaultRegistry = 'docker.io/' // allowed: what a name without a registry means to every container runtime

/**
 * The full name of an image as containerd keeps it: the default registry and tag, and for a name of one word the folder
 * `library`, are what users leave out. The first part is a registry only when it has a dot or a colon or is localhost.
 */
export function fullImageName(name: string): string {
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const hasRegistry = first === 'localhost' || /[.:]/.test(first)
  const path = hasRegistry ? name : `${defaultRegistry}${slash === -1 ? 'library/' : ''}${name}`
  const last = path.slice(path.lastIndexOf('/'))
  return /[:@]/.test(last) ? path : `${path}:latest`
}
