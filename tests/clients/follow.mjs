// Follows a subscription with a protocol's reference client, and prints each result as a line of JSON:
//   node follow.mjs ws|sse URL TOKEN QUERY VARIABLES
import { createClient as overEvents } from 'graphql-sse';
import { createClient as overSocket } from 'graphql-ws';
import WebSocket from 'ws';

const [transport, url, token, query, variables] = process.argv.slice(2);
const Authorization = `Bearer ${token}`;
const client =
  transport === 'ws'
    ? overSocket({ url, webSocketImpl: WebSocket, connectionParams: { Authorization }, retryAttempts: 0 })
    : overEvents({ url, headers: { Authorization }, retryAttempts: 0 });

for await (const result of client.iterate({ query, variables: JSON.parse(variables) })) {
  console.log(JSON.stringify(result));
}
console.log('complete');
