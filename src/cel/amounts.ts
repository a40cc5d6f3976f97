// Ranges of sizes and of costs. They never overflow: what is too large stays at the largest.

/** At least and at most. */
export interface Amount { readonly least: number; readonly most: number }

/** 2^64: more than anything that is compared with. */
export const endless = 2 ** 64

const sum = (a: number, b: number): number => Math.min(a + b, endless)
const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : Math.min(a * b, endless))
const scaled = (size: number, factor: number): number => Math.min(Math.ceil(size * factor), endless)

export const exactly = (n: number): Amount => ({ least: n, most: n })
export const unknownSize: Amount = { least: 0, most: endless }
export const add = (a: Amount, b: Amount): Amount => ({ least: sum(a.least, b.least), most: sum(a.most, b.most) })
export const multiply = (a: Amount, b: Amount): Amount => ({ least: product(a.least, b.least), most: product(a.most, b.most) })
export const scale = (a: Amount, factor: number): Amount => ({ least: scaled(a.least, factor), most: scaled(a.most, factor) })
export const union = (a: Amount, b: Amount): Amount => ({ least: Math.min(a.least, b.least), most: Math.max(a.most, b.most) })
