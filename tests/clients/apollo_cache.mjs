// usage: node apollo_cache.mjs URL
// Prints what Apollo Client has in its cache before and after mutations, one JSON object a line.
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { getIntrospectionQuery } from 'graphql';

const uri = process.argv[2];

// The possible types of interfaces and unions, as Apollo's documentation has them fetched.
const asked = await fetch(uri, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ query: getIntrospectionQuery({ specifiedByUrl: true }) }),
});
const { types } = (await asked.json()).data.__schema;
const possibleTypes = Object.fromEntries(
  types.filter((type) => type.possibleTypes).map((type) => [type.name, type.possibleTypes.map(({ name }) => name)]),
);

const cache = new InMemoryCache({ possibleTypes });
const client = new ApolloClient({ cache, link: new HttpLink({ uri }) });
const print = (value) => console.log(JSON.stringify(value));

const Posts = gql`
  query Posts {
    posts(status: LIVE) {
      id
      title
      author {
        id
        name
      }
      comments(first: 1) {
        total
      }
    }
  }
`;
const Found = gql`
  query Found {
    search(text: "maps") {
      ... on Node {
        id
      }
      ... on Post {
        title
        createdAt
      }
    }
  }
`;
const Rename = gql`
  mutation Rename {
    renamePost(number: 1, title: "New maps") {
      id
      title
    }
  }
`;
const AddPost = gql`
  mutation AddPost($post: PostInput!) {
    addPost(post: $post) {
      id
      title
      author {
        id
      }
      comments(first: 1) {
        total
      }
    }
  }
`;

const cached = (query) => client.query({ query, fetchPolicy: 'cache-only' }).then(({ data }) => data);
const titles = async () => print((await cached(Posts)).posts.map((post) => [post.title, post.author.name]));

print(possibleTypes);
await client.query({ query: Posts });
await client.query({ query: Found });
print(cache.extract());

// What has an id is in the cache once, so that both queries see it renamed.
await client.mutate({ mutation: Rename });
await titles();
print((await cached(Found)).search);

// What is new is put into the list by hand; its author is in the cache already.
await client.mutate({
  mutation: AddPost,
  variables: { post: { title: 'Paper', author: 'bruno', status: 'LIVE' } },
  update(store, { data: { addPost } }) {
    store.modify({ fields: { posts: (before, { toReference }) => [...before, toReference(addPost)] } });
  },
});
await titles();
client.stop();
