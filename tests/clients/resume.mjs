// Follows a subscription as a frontend does that outlives its token: node resume.mjs URL QUERY CURSOR TOKEN TOKEN…
// When a token expires, the server closes the socket with 4401. The client does not try that again by itself; the
// frontend gets a new token and subscribes behind its last cursor. Prints each result, and a line for each new token.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, query, cursor, ...tokens] = process.argv.slice(2);
let after = cursor;
const connectionParams = () => ({ Authorization: `Bearer ${tokens[0]}` });
const client = createClient({ url, webSocketImpl: WebSocket, connectionParams });

while (tokens.length) {
  try {
    for await (const result of client.iterate({ query, variables: { after } })) {
      const [item] = Object.values(result.data ?? {});
      // The stream's own last word, before the socket closes.
      if (!item) continue;
      after = item.cursor;
      console.log(JSON.stringify(result));
    }
  } catch (closed) {
    if (closed.code !== 4401) throw closed;
  }
  tokens.shift();
  console.log('the token has expired');
}
