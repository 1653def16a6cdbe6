import { useEffect, useState } from 'react'
import { pick, ToolbarButton, useGraphiQL } from '@graphiql/react'
import { writeAddress } from './address.js'

const COPIED_MS = 2000
const LINK = 'M7.5 4.5h-2a4.5 4.5 0 0 0 0 9h2M10.5 4.5h2a4.5 4.5 0 0 1 0 9h-2M6 9h6'
const CHECK = 'M3 9.5l4 4 8-9'

/** A button that copies a link to the query, its variables and its operationName. Headers stay out: they hold secrets. */
export function CopyLink() {
  const { queryEditor, variableEditor, operationName } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'operationName'),
  )
  const [isCopied, setIsCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setIsCopied(false), COPIED_MS)
    return () => clearTimeout(timer)
  }, [isCopied])

  async function copy() {
    const link = writeAddress({ query: queryEditor.getValue(), variables: variableEditor?.getValue(), operationName })
    try {
      await navigator.clipboard.writeText(link)
      setIsCopied(true)
    } catch {
      // Without https, a browser gives the page no clipboard.
      window.prompt('Copy this link:', link)
    }
  }

  return (
    <ToolbarButton onClick={copy} label={isCopied ? 'Link copied' : 'Copy link to this query'}>
      <Icon path={isCopied ? CHECK : LINK} />
    </ToolbarButton>
  )
}

function Icon({ path }) {
  return (
    <svg className="graphiql-toolbar-icon" aria-hidden="true" viewBox="-2 -2 22 22" fill="none">
      <path d={path} stroke="currentColor" strokeWidth="1.5" />
    </svg>
  )
}
