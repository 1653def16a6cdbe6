// usage: node apollo.mjs URL DOCUMENT
// Prints what Apollo Client shows of a query, each time that it changes, one JSON object a line.
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQL17Alpha9Handler } from '@apollo/client/incremental';

const [url, document] = process.argv.slice(2);

const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: new HttpLink({ uri: url }),
  incrementalHandler: new GraphQL17Alpha9Handler(),
});

function shown(result) {
  const { data, dataState, loading, error } = result;
  return JSON.stringify({ data, dataState, loading, error: error?.message ?? null });
}

// Of one query the results, until it is no longer loading.
await new Promise((resolve, reject) => {
  const subscription = client.watchQuery({ query: gql(document), errorPolicy: 'all' }).subscribe({
    next(result) {
      console.log(shown(result));
      if (!result.loading) resolve(subscription?.unsubscribe());
    },
    error: reject,
  });
});

// It is all in the cache now, and a second reader gets it from there.
const cached = await client.query({ query: gql(document), fetchPolicy: 'cache-only' });
console.log(JSON.stringify({ cached: cached.data }));
client.stop();
