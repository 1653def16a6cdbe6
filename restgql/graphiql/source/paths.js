import { parse } from 'jsonc-parser'
import { getNamedType } from 'graphql'

const ROUTES = '{ routes { path methods parameters description } }'
// The fields that take a path, by the method of their request.
const METHODS = { get: 'GET', fetch: 'GET', getEach: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE' }

const STRINGS_AND_COMMENTS = /"""(?:\\"""|[^])*?"""|"(?:\\.|[^"\\\n])*"|#.*/g
const OPEN_PATH = /(\w+)\s*\([^()]*\bpath\s*:\s*"([^"\\\n]*)$/

/** Return the field and the typed part of the path if a document is cut off within `path: "…`, or null. */
export function openPath(document) {
  const [, field, typed] = document.replace(STRINGS_AND_COMMENTS, ' ').match(OPEN_PATH) ?? []
  return METHODS[field] ? { method: METHODS[field], typed } : null
}

/** Complete paths in the query editor from the field `routes`. Return an object whose `dispose` ends this. */
export function registerPathCompletion({ monaco, schema, fetcher, queryEditor, headerEditor }) {
  const field = schema.getQueryType()?.getFields().routes
  if (!field || getNamedType(field.type).name !== 'RestRoute') return null
  let routes
  const load = () => {
    routes ??= loadRoutes(fetcher, parse(headerEditor?.getValue() || '{}')).catch(() => {
      routes = undefined // without an answer, the next key asks again
      return []
    })
    return routes
  }
  return monaco.languages.registerCompletionItemProvider('graphql', {
    triggerCharacters: ['"', '/', '{'],
    async provideCompletionItems(model, position) {
      if (model !== queryEditor.getModel()) return
      const { lineNumber, column } = position
      const open = openPath(model.getValueInRange(new monaco.Range(1, 1, lineNumber, column)))
      if (!open) return
      const [rest] = model.getLineContent(lineNumber).slice(column - 1).match(/^[^"]*/)
      const range = new monaco.Range(lineNumber, column - open.typed.length, lineNumber, column + rest.length)
      const matching = (await load()).filter(({ methods }) => methods.includes(open.method))
      return { suggestions: matching.map((route) => suggestion(monaco, route, range)) }
    },
  })
}

async function loadRoutes(fetcher, headers) {
  const { data } = await fetcher({ query: ROUTES }, { headers })
  return data?.routes ?? [] // the profile may refuse the field
}

function suggestion(monaco, { path, parameters, description }, range) {
  return {
    label: path,
    kind: monaco.languages.CompletionItemKind.Value,
    insertText: path,
    detail: parameters.length ? `params: ${parameters.join(', ')}` : '',
    documentation: description ?? '',
    range,
  }
}
