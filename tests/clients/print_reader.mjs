// usage: node print_reader.mjs URL
// Prints what the compiled reader.ts reads, one JSON string a line.
import { read } from './compiled/reader.js';

for (const line of await read(process.argv[2])) console.log(JSON.stringify(line));
