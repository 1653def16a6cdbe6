import fs from 'node:fs'
import path from 'node:path'

// Packages without a licence file of their own, and the one of the same authors and licence that has it.
const COVERED_BY = {
  '@graphiql/plugin-doc-explorer': 'graphiql',
  '@graphiql/plugin-explorer': 'graphiql',
  '@graphiql/plugin-history': 'graphiql',
  'react-compiler-runtime': 'react',
  'react-remove-scroll-bar': 'react-remove-scroll',
}

// Packages that carry copies of others, and which of their notices matter here: all of monaco-editor's,
// and of prettier's those of its core and its GraphQL plugin.
const NOTICES = [
  { file: 'monaco-editor/ThirdPartyNotices.txt' },
  {
    file: 'prettier/THIRD-PARTY-NOTICES.md',
    only: [
      '@babel/code-frame',
      '@babel/helper-validator-identifier',
      'diff',
      'emoji-regex',
      'escape-string-regexp',
      'get-east-asian-width',
      'graphql',
      'js-tokens',
      'leven',
      'narrow-emojis',
      'picocolors',
      'vnopts',
    ],
  },
]

const RULE = `\n\n${'='.repeat(80)}\n`

/** Two plugins that share what they saw: `worker` for the workers' bundles, `page` for the page's, which writes. */
export function licences() {
  const folders = new Set()
  function collect(_, bundle) {
    for (const { moduleIds = [] } of Object.values(bundle)) {
      for (const id of moduleIds) {
        const [folder] = id.match(/^[^\0]*\/node_modules\/(@[^/]+\/)?[^/]+/) ?? []
        if (folder) folders.add(folder)
      }
    }
  }
  return {
    worker: { name: 'licences:worker', generateBundle: collect },
    page: {
      name: 'licences:page',
      generateBundle(options, bundle) {
        collect(options, bundle)
        this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source: report(folders) })
      },
    },
  }
}

function report(folders) {
  const namesByText = new Map()
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
    const text = licenceText(COVERED_BY[name] ? path.resolve('node_modules', COVERED_BY[name]) : folder)
    namesByText.set(text, [...(namesByText.get(text) ?? []), `${name} ${version} (${license})`])
  }
  const sections = [...namesByText].map(([text, names]) => `${names.sort().join('\n')}\n\n${text}`).sort()
  return ['The GraphiQL page bundles these packages.', ...sections, ...NOTICES.flatMap(notices)].join(RULE)
}

function licenceText(folder) {
  const file = fs.readdirSync(folder).sort().find((name) => /^(licen[cs]e|copying)/i.test(name))
  if (!file) throw new Error(`${folder} has no licence file`)
  return clean(fs.readFileSync(path.join(folder, file), 'utf8'))
}

function notices({ file, only }) {
  const text = clean(fs.readFileSync(path.resolve('node_modules', file), 'utf8'))
  if (!only) return [`${file}\n\n${text}`]
  const sections = text.split(/^-{40}$/m).map(clean)
  return only.map((name) => {
    const section = sections.find((section) => section.includes(`## ${name}@`))
    if (!section) throw new Error(`${file} has no notice for ${name}`)
    return `${file}\n\n${section}`
  })
}

const clean = (text) => text.replace(/\r\n?/g, '\n').replace(/[ \t]+$/gm, '').trim()
