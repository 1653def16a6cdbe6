import { defineConfig } from '@graphql-mesh/compose-cli'
import { loadOpenAPISubgraph } from '@omnigraph/openapi'

export const composeConfig = defineConfig({
  subgraphs: [
    { sourceHandler: loadOpenAPISubgraph('blog', { source: './openapi.json', endpoint: 'http://127.0.0.1:@BACKEND@' }) }
  ],
  additionalTypeDefs: `
    extend type Post {
      user: User @resolveTo(
        sourceName: "blog", sourceTypeName: "Query", sourceFieldName: "user",
        requiredSelectionSet: "{ userId }", sourceArgs: { id: "{root.userId}" })
    }
    extend type User {
      posts: [Post] @resolveTo(
        sourceName: "blog", sourceTypeName: "Query", sourceFieldName: "posts",
        requiredSelectionSet: "{ id }", sourceArgs: { userId: "{root.id}" })
    }`
})
