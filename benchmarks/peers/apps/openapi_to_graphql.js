const http = require('http')
const { createGraphQLSchema } = require('openapi-to-graphql')
const { createHandler } = require('graphql-http/lib/use/http')

const document = require(process.env.OPENAPI)
createGraphQLSchema(document, { simpleNames: true, fillEmptyResponses: true }).then(({ schema }) => {
  const handler = createHandler({ schema, context: () => ({}) })
  http.createServer((request, response) => handler(request, response)).listen(Number(process.env.PORT), '127.0.0.1')
})
