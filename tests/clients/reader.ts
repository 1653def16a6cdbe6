// Reads the blog by operations whose types graphql-codegen made; tsc holds what is done with the results against them.
import { Client, fetchExchange } from '@urql/core';
import { graphql, useFragment } from './generated/index.js';
import type { PostInput } from './generated/graphql.js';

const Byline = graphql(`
  fragment Byline on User {
    name
    role
    homepage
  }
`);

export const Posts = graphql(`
  query Posts($status: Status, $first: Int) {
    posts(status: $status, first: $first) {
      id
      title
      createdAt
      tags
      author {
        ...Byline
      }
      comments(first: 1) {
        total
        edges {
          node {
            text
          }
        }
      }
    }
  }
`);

export const Search = graphql(`
  query Search($text: String!) {
    search(text: $text) {
      __typename
      ... on Node {
        id
      }
      ... on Post {
        title
      }
      ... on Comment {
        text
      }
    }
  }
`);

export const AddPost = graphql(`
  mutation AddPost($post: PostInput!) {
    addPost(post: $post) {
      number
      status
    }
  }
`);

export async function read(url: string): Promise<string[]> {
  const client = new Client({ url, exchanges: [fetchExchange] });
  const lines: string[] = [];

  const { data } = await client.query(Posts, { status: 'LIVE', first: null }).toPromise();
  for (const post of data?.posts ?? []) {
    const author = useFragment(Byline, post.author);
    const site: string = author.homepage ?? 'no homepage';
    const year: number = new Date(post.createdAt).getUTCFullYear();
    const who: string = author.role === 'EDITOR' ? `${author.name}, editor` : author.name;
    lines.push(`${post.title.toUpperCase()} (${year}) by ${who}, ${site}: ${post.tags.join('+')}`);
    lines.push(...post.comments.edges.map(({ node }) => `${node.text} of ${post.comments.total.toFixed()}`));
  }

  const found = await client.query(Search, { text: 'ada mo' }).toPromise();
  for (const each of found.data?.search ?? []) {
    switch (each.__typename) {
      case 'User':
        lines.push(each.id);
        break;
      case 'Post':
        lines.push(each.title);
        break;
      case 'Comment':
        lines.push(each.text);
        break;
      default:
        each satisfies never;
    }
  }

  const post: PostInput = { title: 'Paper', author: 'bruno' };
  const added = await client.mutation(AddPost, { post }).toPromise();
  if (added.data?.addPost?.status === 'DRAFT') lines.push(`draft ${added.data.addPost.number}`);
  return lines;
}
