import { applyEdits, format } from 'jsonc-parser'

/** Return JSON text with two spaces of indentation. Comments, numbers and faults stay as they are. */
export const formatJson = (text) =>
  applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2 }))

// Prettier's parser and printer for the variables and headers, without its JavaScript compiler (535 kB).
export const parsers = {
  jsonc: {
    astFormat: 'jsonc',
    parse: (text) => ({ text }),
    locStart: () => 0,
    locEnd: ({ text }) => text.length,
  },
}

export const printers = {
  jsonc: { print: ({ node: { text } }) => formatJson(text) },
}
