// usage: node urql_persisted.mjs URL OPTIONS DOCUMENT…
// Runs documents one after the other in urql with its exchange of persisted documents; prints a result a line.
import { Client, fetchExchange, gql } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';

const [url, options, ...documents] = process.argv.slice(2);

for (const document of documents) {
  const client = new Client({ url, exchanges: [persistedExchange(JSON.parse(options)), fetchExchange] });
  const { data, error } = await client.query(gql(document), {});
  console.log(JSON.stringify({ data, error: error?.message ?? null }));
}
