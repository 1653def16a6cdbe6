// usage: node urql_defer.mjs URL DOCUMENT
// Prints what urql shows of a query, each time that it changes, one JSON object a line.
import { Client, fetchExchange } from '@urql/core';

const [url, document] = process.argv.slice(2);
const client = new Client({ url, exchanges: [fetchExchange] });

await new Promise((resolve) => {
  client.query(document, {}).subscribe(({ data, error, hasNext }) => {
    console.log(JSON.stringify({ data, error: error?.message ?? null, hasNext }));
    if (!hasNext) resolve();
  });
});
