// The formats of numbers that schemas of custom resources may ask for, since v1.36: what has one must fit it, bounds of the schema too. Others mean nothing.
import type { Structural } from './structural.ts'

type Fits = (value: number | bigint) => boolean
const isSigned = (bits: number): Fits => (value) => (typeof value === 'bigint' || Number.isInteger(value)) && BigInt.asIntN(bits, BigInt(value)) === BigInt(value)
const fits: Readonly<Record<string, Readonly<Record<string, Fits>>>> = {
  integer: { int32: isSigned(32), int64: isSigned(64) },
  number: { float: (value) => Number.isFinite(Math.fround(Number(value))), double: () => true },
}

/** Says of a number whether the format of a schema can hold it; undefined: the schema has no such format. */
export const numberFormatOf = ({ type, format }: Structural): Fits | undefined =>
  (type !== undefined && format !== undefined && Object.hasOwn(fits, type) && Object.hasOwn(fits[type]!, format) ? fits[type]![format] : undefined)
