// usage: node get_method.mjs URL
// Prints what Apollo Client and urql show of a query that they send by GET, and of a mutation, one JSON object a line.
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { cacheExchange, Client, fetchExchange } from '@urql/core';

const uri = process.argv[2];

const News = `
  query News($path: String!) {
    news: get(path: $path)
  }
`;
const Send = `
  mutation Send($body: JSON) {
    post(path: "/letters", body: $body) {
      status
    }
  }
`;
const variables = { path: '/news?title=Ça, là' };
const body = { text: 'Hello' };
const print = (client, { data, error }) => console.log(JSON.stringify({ client, data, error: error?.message ?? null }));

const apollo = new ApolloClient({
  cache: new InMemoryCache(),
  link: new HttpLink({ uri, useGETForQueries: true }),
});
print('apollo', await apollo.query({ query: gql(News), variables }));
print('apollo', await apollo.mutate({ mutation: gql(Send), variables: { body } }));
apollo.stop();

const urql = new Client({ url: uri, exchanges: [cacheExchange, fetchExchange], preferGetMethod: true });
print('urql', await urql.query(News, variables));
print('urql', await urql.mutation(Send, { body }));
