// $(NAME) in commands, arguments and values of environment variables.

/**
 * Replaces each $(NAME) by what `lookup` says; a name that it does not know stays as it is written. `$$` is one `$`, so
 * that `$$(NAME)` is `$(NAME)`.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (written, name: string | undefined) => (name === undefined ? '$' : lookup(name) ?? written))
}
