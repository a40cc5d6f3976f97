// Paths inside containers and volumes: relative ones must not climb out.
import { invalidValue, type FieldError } from '#machinery'

export const validateNoBacksteps = (path: string, at: string): FieldError[] => (path.includes('..') && path.split('/').includes('..') ? [invalidValue(at, path, "must not contain '..'")] : [])
/** Relative, and without steps up. */
export const validateLocalPath = (path: string, at: string): FieldError[] =>
  [...(path.startsWith('/') ? [invalidValue(at, path, 'must be a relative path')] : []), ...validateNoBacksteps(path, at)]
/** The same, and no name that the node keeps for itself (..data and the like). */
export const validateUserPath = (path: string, at: string): FieldError[] =>
  [...validateLocalPath(path, at), ...(path.startsWith('..') && !path.startsWith('../') ? [invalidValue(at, path, "must not start with '..'")] : [])]
