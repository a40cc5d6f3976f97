/** A text in double quotes as Go's strconv.Quote writes it. */
export const goQuote = (text: string): string =>
  JSON.stringify(text).replace(/\\u00([01][0-9a-f])/g, '\\x$1').replace(/[\u007f-\u00a0\u00ad\u2028\u2029\ufeff]/g, (c) => (c === '\u007f' ? '\\x7f' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`))
