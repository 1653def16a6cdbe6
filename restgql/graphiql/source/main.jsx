import 'graphiql/setup-workers/vite'
import { useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql'
import { explorerPlugin } from '@graphiql/plugin-explorer'
import { useGraphiQL } from '@graphiql/react'
import { createLocalStorage } from '@graphiql/toolkit'
import '@graphiql/react/style.css'
import '@graphiql/plugin-doc-explorer/style.css'
import '@graphiql/plugin-explorer/style.css'
import '@graphiql/plugin-history/style.css'
import 'graphiql/graphiql.css'
import './main.css'

const { endpoint, defaultQuery, title } = JSON.parse(document.getElementById('restgql').textContent)

async function fetcher(params, { headers } = {}) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(params),
  })
  const body = await response.text()
  try {
    return JSON.parse(body)
  } catch {
    // A login page or a proxy's error: show what came.
    throw new Error(`${response.status} ${response.statusText}: ${body}`)
  }
}

// Else the explorer's last argument takes the focus, and with it what is typed first.
function FocusOnQuery() {
  const editor = useGraphiQL((state) => state.queryEditor)
  useEffect(() => editor?.focus(), [editor])
  return null
}

const explorer = explorerPlugin()
// Endpoints of one origin must not share tabs, history and kept headers.
const storage = createLocalStorage({ namespace: `restgql:${endpoint}` })

createRoot(document.getElementById('root')).render(
  <GraphiQL
    fetcher={fetcher}
    defaultQuery={defaultQuery}
    plugins={[explorer, HISTORY_PLUGIN]}
    visiblePlugin={explorer}
    storage={storage}
  >
    <GraphiQL.Logo>{title}</GraphiQL.Logo>
    <FocusOnQuery />
  </GraphiQL>,
)
