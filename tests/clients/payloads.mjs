// usage: node payloads.mjs < {"sdl", "values", "raise", "variables", "documents", "plain"}
// Prints the payloads of each document, executed by graphql-js 17.0.0-alpha.9 over these values, one array a line;
// null where it never ends, and what it raises as a string.
import { text } from 'node:stream/consumers';
import { buildSchema, experimentalExecuteIncrementally, parse } from 'graphql17';

const { sdl, values, raise, variables, documents, plain } = JSON.parse(await text(process.stdin));
const schema = buildSchema(sdl);

// Unless they are `plain`: its streams of arrays give every item after the second the path of the second.
async function* oneByOne(items) {
  yield* items;
}

function resolve(name) {
  return () => {
    if (raise.includes(name)) throw new Error(name);
    return Array.isArray(values[name]) && !plain ? oneByOne(values[name]) : values[name];
  };
}

for (const type of Object.values(schema.getTypeMap())) {
  if (!type.name.startsWith('__') && 'getInterfaces' in type) {
    for (const [name, field] of Object.entries(type.getFields())) field.resolve = resolve(name);
  }
}

async function payloadsOf(source) {
  const found = await experimentalExecuteIncrementally({ schema, document: parse(source), variableValues: variables });
  const payloads = ['initialResult' in found ? found.initialResult : found];
  if ('subsequentResults' in found) for await (const payload of found.subsequentResults) payloads.push(payload);
  return payloads;
}

// It raises some errors beside the answer, too.
process.on('unhandledRejection', () => {});

// Nothing here waits for anything outside: what has not ended once no promise is left to settle never will.
const idle = () => new Promise((resolve) => setImmediate(resolve, null));

for (const source of documents) {
  const found = await Promise.race([payloadsOf(source).catch((error) => String(error)), idle()]);
  console.log(JSON.stringify(found));
}
