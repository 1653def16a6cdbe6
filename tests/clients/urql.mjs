// usage: node urql.mjs URL
// Prints what urql shows of a query before and after mutations that change its data, one JSON object a line.
import { cacheExchange, Client, fetchExchange, gql } from '@urql/core';

const client = new Client({ url: process.argv[2], exchanges: [cacheExchange, fetchExchange] });

const Thread = gql`
  query Thread($number: Int!) {
    post(number: $number) {
      id
      status
      author {
        name
      }
      comments(first: 9) {
        edges {
          node {
            id
            text
          }
        }
      }
    }
  }
`;
const AddComment = gql`
  mutation AddComment($number: Int!, $text: String!) {
    addComment(number: $number, author: "ada", text: $text) {
      id
    }
  }
`;
const RemoveComment = gql`
  mutation RemoveComment($number: Int!) {
    removeComment(number: $number) {
      removed
    }
  }
`;

function shown({ data, error }) {
  console.log(JSON.stringify({ data, error: error?.graphQLErrors.map(({ extensions }) => extensions.code) ?? null }));
}

// A watched query is asked for again where a mutation's answer has a type of its own.
const results = [];
let arrived;
const { unsubscribe } = client.query(Thread, { number: 2 }).subscribe((result) => {
  if (result.stale) return;
  results.push(result);
  arrived?.();
});
const next = async () => {
  if (!results.length) await new Promise((resolve) => (arrived = resolve));
  return results.shift();
};

shown(await next());
shown(await client.mutation(AddComment, { number: 2, text: 'New' }));
shown(await next());
unsubscribe();
shown(await client.mutation(RemoveComment, { number: 99 }));
shown(await client.query(Thread, { number: 99 }));
