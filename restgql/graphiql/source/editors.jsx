import { useEffect, useRef } from 'react'
import { pick, useGraphiQL, useGraphiQLActions, useMonaco } from '@graphiql/react'
import { registerPathCompletion } from './paths.js'

const OPTIONS = { fontSize: 13, lineDecorationsWidth: 4, wordWrap: 'on', wrappingIndent: 'indent' }
// Suggest paths while a string is typed, but no words of the document.
const QUERY_OPTIONS = { quickSuggestions: { other: true, strings: true }, wordBasedSuggestions: 'off' }
const RESPONSE_OPTIONS = { placeholder: 'Run the query to see the response here.' }

export function EditorOptions() {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'headerEditor', 'responseEditor'),
  )
  useEffect(() => queryEditor?.updateOptions({ ...OPTIONS, ...QUERY_OPTIONS }), [queryEditor])
  useEffect(() => variableEditor?.updateOptions(OPTIONS), [variableEditor])
  useEffect(() => headerEditor?.updateOptions(OPTIONS), [headerEditor])
  useEffect(() => responseEditor?.updateOptions({ ...OPTIONS, ...RESPONSE_OPTIONS }), [responseEditor])
  return null
}

export function FocusOnQuery() {
  const editor = useGraphiQL((state) => state.queryEditor)
  useEffect(() => editor?.focus(), [editor])
  return null
}

export function PathCompletion() {
  const monaco = useMonaco((state) => state.monaco)
  const { schema, fetcher, queryEditor, headerEditor } = useGraphiQL(
    pick('schema', 'fetcher', 'queryEditor', 'headerEditor'),
  )
  useEffect(() => {
    if (!monaco || !schema || !queryEditor) return
    const completion = registerPathCompletion({ monaco, schema, fetcher, queryEditor, headerEditor })
    return () => completion?.dispose()
  }, [monaco, schema, fetcher, queryEditor, headerEditor])
  return null
}

/** Keep the active tab in sight, also among more tabs than fit. */
export function ActiveTab() {
  const { activeTabIndex, tabs } = useGraphiQL(pick('activeTabIndex', 'tabs'))
  useEffect(() => {
    const tab = document.getElementById(`graphiql-session-tab-${activeTabIndex}`)
    tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [activeTabIndex, tabs.length])
  return null
}

/** Select the operation that the address names, once. The reader may then select another one. */
export function SelectedOperation({ name }) {
  const { queryEditor, operations } = useGraphiQL(pick('queryEditor', 'operations'))
  const { setOperationName } = useGraphiQLActions()
  const isDone = useRef(!name)
  useEffect(() => {
    if (isDone.current || !queryEditor || !operations) return
    isDone.current = true
    const operation = operations.find((operation) => operation.name?.value === name)
    if (!operation) return
    setOperationName(name)
    // Ctrl-Enter runs the operation at the cursor.
    const position = queryEditor.getModel().getPositionAt(operation.loc.start)
    queryEditor.setPosition(position)
    queryEditor.revealPosition(position)
  }, [queryEditor, operations, name, setOperationName])
  return null
}
