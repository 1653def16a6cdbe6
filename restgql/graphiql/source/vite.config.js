import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { licences } from './licences.js'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
const { page, worker } = licences()

// Parts of the editor that neither GraphQL nor JSON feeds.
const UNUSED = [
  'anchorSelect',
  'codelens',
  'colorPicker',
  'diffEditorBreadcrumbs',
  'dropOrPasteInto',
  'inlayHints',
  'inlineCompletions',
  'inlineEdit',
  'inlineEdits',
  'inlineProgress',
  'inPlaceReplace',
  'linkedEditing',
  'parameterHints',
  'rename',
  'sectionHeaders',
  'semanticTokens',
  'stickyScroll',
].join('|')

export default defineConfig({
  base: './',
  plugins: [page],
  worker: { format: 'es', plugins: () => [worker] },
  resolve: {
    alias: [
      { find: new RegExp(`^\\./contrib/(${UNUSED})/.*`), replacement: 'data:text/javascript,' },
      { find: /^prettier\/(parser-babel|plugins\/estree)$/, replacement: here('jsonc.js') },
      { find: 'prettier/parser-graphql', replacement: 'prettier/plugins/graphql' },
    ],
  },
  build: {
    outDir: '../static',
    emptyOutDir: true,
    assetsDir: '',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 3000,
    modulePreload: { polyfill: false },
    target: 'es2022',
    rolldownOptions: {
      checks: { moduleLevelDirective: false },
      // What the editor copied in from others is licensed in comments only.
      output: { comments: { legal: true } },
    },
  },
  experimental: {
    // index.html stays a template: only the server knows where these files are mounted.
    renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? `$assets/${file}` : { relative: true }),
  },
})
