// usage: node apollo_persisted.mjs URL DOCUMENT…
// Runs documents one after the other in an Apollo Client with automatic persisted queries; prints a result a line.
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

const [url, ...documents] = process.argv.slice(2);
const sha256 = async (text) => createHash('sha256').update(text).digest('hex');
const link = new PersistedQueryLink({ sha256, useGETForHashedQueries: true });

for (const document of documents) {
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([link, new HttpLink({ uri: url })]),
  });
  const { data, error } = await client.query({ query: gql(document), errorPolicy: 'all' });
  console.log(JSON.stringify({ data, error: error?.message ?? null }));
  client.stop();
}
