// Everything the store can refuse with. Callers tell them apart by class; the messages of the first three are etcd's own.

export class CompactedError extends Error {
  override readonly name = 'CompactedError'
  readonly compactRevision: number
  constructor(compactRevision: number) { super(`required revision has been compacted (compacted at ${compactRevision})`); this.compactRevision = compactRevision }
}
export class FutureRevisionError extends Error {
  override readonly name = 'FutureRevisionError'
  constructor() { super('required revision is a future revision') }
}
export class LeaseNotFoundError extends Error {
  override readonly name = 'LeaseNotFoundError'
  constructor(id: number) { super(`requested lease not found (${id})`) }
}
export class LeaseExistsError extends Error {
  override readonly name = 'LeaseExistsError'
  constructor(id: number) { super(`lease already exists (${id})`) }
}
/** The transaction can never be carried out: a key changed twice, a key that is no binary string. */
export class InvalidTransactionError extends Error { override readonly name = 'InvalidTransactionError' }
/** More is waiting for the engine than the store will hold: try again later. */
export class StoreBusyError extends Error { override readonly name = 'StoreBusyError' }
/** The engine can keep no more (ENOSPC): the store is read-only until there is room again. */
export class NoSpaceError extends Error { override readonly name = 'NoSpaceError' }
/** The store was closed or its engine failed for good (then `cause` says how). */
export class StoreClosedError extends Error { override readonly name = 'StoreClosedError' }
/** The place named cannot be opened as a store; the message says why and what to do. Nothing in it was changed. */
export class StoreOpenError extends Error { override readonly name = 'StoreOpenError' }
