// usage: node apollo_batch.mjs URL DOCUMENT…
// Runs documents at once in an Apollo Client that sends them in one request; prints a result a line.
import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { BatchHttpLink } from '@apollo/client/link/batch-http';

const [url, ...documents] = process.argv.slice(2);
const client = new ApolloClient({ cache: new InMemoryCache(), link: new BatchHttpLink({ uri: url }) });
const asked = documents.map((document) => client.query({ query: gql(document), errorPolicy: 'all' }));
for (const { data, error } of await Promise.all(asked)) {
  console.log(JSON.stringify({ data: data ?? null, error: error?.message ?? null }));
}
client.stop();
