import { formatJson } from './jsonc.js'

/** Return the query, variables and operationName of the page's address; without a query, an empty object. */
export function readAddress() {
  const parameters = new URLSearchParams(location.search)
  const query = parameters.get('query')
  if (query === null) return {}
  return {
    query,
    // Empty text, not undefined: else GraphiQL takes the variables of the last visit.
    variables: formatJson(parameters.get('variables') ?? ''),
    operationName: parameters.get('operationName'),
  }
}

/** Put a query, its variables and its operationName into the page's address, and return the address. */
export function writeAddress(parameters) {
  const address = new URL(location.pathname, location.origin)
  for (const [name, value] of Object.entries(parameters)) {
    if (value?.trim()) address.searchParams.set(name, value)
  }
  history.replaceState(null, '', address)
  return address.href
}

/** Remove the parameters from the address once the editors differ from them, so that a reload keeps the edits. */
export function clearAddress() {
  if (location.search) history.replaceState(null, '', location.pathname)
}
