// Prettier's parser and printer for the variables and headers, without its JavaScript compiler (535 kB).
import { applyEdits, format } from 'jsonc-parser'

const layout = { insertSpaces: true, tabSize: 2 }

export const parsers = {
  jsonc: {
    astFormat: 'jsonc',
    parse: (text) => ({ text }),
    locStart: () => 0,
    locEnd: ({ text }) => text.length,
  },
}

export const printers = {
  jsonc: { print: ({ node: { text } }) => applyEdits(text, format(text, undefined, layout)) },
}
