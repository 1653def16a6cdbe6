// usage: node audit.mjs URL
// Prints the result of each of graphql-http's server audits, one JSON object a line.
import { serverAudits } from 'graphql-http';

const url = process.argv[2];
const fetchFn = (input, init = {}) => fetch(input, { ...init, signal: AbortSignal.timeout(10_000) });

for (const audit of serverAudits({ url, fetchFn })) {
  let result;
  try {
    result = await audit.fn();
  } catch (error) {
    result = { status: 'fatal', reason: String(error) };
  }
  console.log(JSON.stringify({ id: audit.id, name: audit.name, status: result.status, reason: result.reason ?? null }));
}
