// After the line of dashes, each line uses an operation of reader.ts wrongly, and tsc says so.
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import type { AddPost, Posts, Search } from './reader.js';

declare const posts: ResultOf<typeof Posts>;
declare const found: ResultOf<typeof Search>;
declare const added: ResultOf<typeof AddPost>;
// ----
posts.posts[0]?.titel;
posts.posts[0]?.author.name;
posts.posts[0]?.title.toFixed();
added.addPost.number;
found.search[0]?.title;
export const first: VariablesOf<typeof Posts> = { first: '1' };
export const missing: VariablesOf<typeof Search> = {};
export const unknown: VariablesOf<typeof Posts> = { status: 'LOST' };
export const incomplete: VariablesOf<typeof AddPost> = { post: { title: 'a' } };
