// usage: node urql_persisted.mjs URL OPTIONS DOCUMENT…
// Runs documents one after the other in a client of urql with its exchange of persisted documents; prints a result a
// line. OPTIONS: {"client": …, "exchange": …}
import { Client, fetchExchange, gql } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';

const [url, options, ...documents] = process.argv.slice(2);
const { client: settings, exchange } = JSON.parse(options);
const client = new Client({ ...settings, url, exchanges: [persistedExchange(exchange), fetchExchange] });

for (const document of documents) {
  const { data, error } = await client.query(gql(document), {});
  console.log(JSON.stringify({ data, error: error?.message ?? null }));
}
