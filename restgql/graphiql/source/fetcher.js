import { meros } from 'meros/browser'

// The server sends parts only for documents with @defer or @stream. Of equal types it prefers the first.
const ACCEPT = 'multipart/mixed, application/graphql-response+json, application/json;q=0.9'

/** Return a fetcher of GraphiQL that posts to `endpoint`. It yields each payload of an incremental response. */
export function createFetcher(endpoint) {
  return async function fetcher(params, { headers } = {}) {
    const aborter = new AbortController()
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { accept: ACCEPT, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(params),
      signal: aborter.signal,
    })
    const parts = await meros(response)
    return parts === response ? parse(await response.text(), response) : payloads(parts, response, aborter)
  }
}

function payloads(parts, response, aborter) {
  const iterator = read(parts, response, aborter.signal)
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => iterator.next(),
      // The reader presses "Stop": a generator's own `return` would wait for the next part.
      return() {
        aborter.abort()
        return iterator.return()
      },
    }),
  }
}

async function* read(parts, response, signal) {
  try {
    for await (const { json, body } of parts) yield json ? body : parse(body, response)
  } catch (error) {
    // Keep the payloads that came before "Stop" on the screen.
    if (!signal.aborted) throw error
  }
}

function parse(body, { status, statusText }) {
  try {
    return JSON.parse(body)
  } catch {
    // A login page or a proxy's error: show it.
    throw new Error(`${status} ${statusText}: ${body}`)
  }
}
