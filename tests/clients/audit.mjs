// Audits a server by graphql-http's list: node audit.mjs URL. Prints what it does not find right, and fails then.
import { auditServer } from 'graphql-http';

const url = process.argv[2];
// A GET says that it is meant; nothing else is added to what the audit sends.
const fetchFn = (url, options = {}) =>
  fetch(url, options.body ? options : { ...options, headers: { ...options.headers, 'graphql-require-preflight': '1' } });

const results = await auditServer({ url, fetchFn });
const wrong = results.filter((result) => result.status !== 'ok');
for (const { id, name, status, reason } of wrong) console.log(`${status} ${id}: ${name}: ${reason}`);
console.log(`${results.length} audits, ${wrong.length} not right`);
process.exit(wrong.length || !results.length ? 1 : 0);
