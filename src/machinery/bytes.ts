// How long texts are as the reference counts: in bytes of UTF-8, one to three for each unit of UTF-16.
const encoder = new TextEncoder()
export const bytesOf = (text: string): number => encoder.encode(text).length
/** Only what comes near the limit is measured exactly. */
export const takesMore = (text: string, bytes: number): boolean => text.length > bytes || (text.length * 3 > bytes && bytesOf(text) > bytes)
/** Of many texts together. */
export const takeMore = (texts: readonly string[], bytes: number): boolean => {
  const units = texts.reduce((sum, text) => sum + text.length, 0)
  return units > bytes || (units * 3 > bytes && texts.reduce((sum, text) => sum + bytesOf(text), 0) > bytes)
}
