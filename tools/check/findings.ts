/** One thing that is wrong, where it is, and what to do about it. */
export interface Finding { readonly where: string; readonly what: string }

/** A source file of the repository, read once for all checks. */
export interface Source {
  /** From the repository's root, with forward slashes. */
  readonly path: string
  readonly text: string
  /** The text with comments, strings and regular expressions blanked (same length, same lines): what is code. */
  readonly code: string
}
