// For graphql-codegen: the client preset over the documents of reader.ts.
export default {
  schema: 'schema.graphql',
  documents: 'reader.ts',
  generates: {
    './generated/': {
      preset: 'client',
      config: {
        importExtension: '.js',
        scalars: { DateTime: 'string', URL: 'string', JSON: 'unknown' },
        strictScalars: true,
      },
    },
  },
};
