// usage: node print_thread.mjs URL
// Sends what relay-compiler made of thread.js, and prints the answers, one JSON object a line.
const url = process.argv[2];

async function answer(name, variables) {
  const { default: request } = await import(`./artifacts/${name}.graphql.js`);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: request.params.text, variables }),
  });
  const result = await response.json();
  console.log(JSON.stringify({ [name]: result }));
  return result.data;
}

const { post } = await answer('threadQuery', { number: 1 });
await answer('threadPageQuery', { id: post.id, count: 2, cursor: post.comments.pageInfo.endCursor });
await answer('threadNodeQuery', { id: 'user:ada' });
await answer('threadLaterQuery', { number: 2 });
await answer('threadMutation', { number: 2, text: 'New', connections: [] });
