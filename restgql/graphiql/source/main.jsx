import 'graphiql/setup-workers/vite'
import { createRoot } from 'react-dom/client'
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql'
import { explorerPlugin } from '@graphiql/plugin-explorer'
import { createLocalStorage } from '@graphiql/toolkit'
import '@graphiql/react/style.css'
import '@graphiql/plugin-doc-explorer/style.css'
import '@graphiql/plugin-explorer/style.css'
import '@graphiql/plugin-history/style.css'
import 'graphiql/graphiql.css'
import { clearAddress, readAddress } from './address.js'
import { CopyLink } from './copy-link.jsx'
import { ActiveTab, EditorOptions, FocusOnQuery, PathCompletion, SelectedOperation } from './editors.jsx'
import { createFetcher } from './fetcher.js'
import './main.css'

const { endpoint, defaultQuery, title } = JSON.parse(document.getElementById('restgql').textContent)
const { query, variables, operationName } = readAddress()

// Endpoints of one origin must not share tabs, history and kept headers.
const storage = createLocalStorage({ namespace: `restgql:${endpoint}` })
const plugins = [explorerPlugin(), HISTORY_PLUGIN]

createRoot(document.getElementById('root')).render(
  <GraphiQL
    fetcher={createFetcher(endpoint)}
    defaultQuery={defaultQuery}
    initialQuery={query}
    initialVariables={variables}
    onEditQuery={clearAddress}
    onEditVariables={clearAddress}
    plugins={plugins}
    storage={storage}
  >
    <GraphiQL.Logo>{title}</GraphiQL.Logo>
    <GraphiQL.Toolbar>
      {({ prettify, merge, copy }) => (
        <>
          {prettify}
          {merge}
          {copy}
          <CopyLink />
        </>
      )}
    </GraphiQL.Toolbar>
    <ActiveTab />
    <EditorOptions />
    <FocusOnQuery />
    <PathCompletion />
    <SelectedOperation name={operationName} />
  </GraphiQL>,
)
