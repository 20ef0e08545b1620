// Starts GraphiQL on the server that the page came from. The token in its Headers editor goes with queries, opens sockets,
// and is kept nowhere.
const socket = new URL('/graphql/ws', location.href);
socket.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
const fetcher = GraphiQL.createFetcher({ url: '/graphql', subscriptionUrl: socket.href });
const editor = React.createElement(GraphiQL, { fetcher, shouldPersistHeaders: false });
ReactDOM.createRoot(document.getElementById('console')).render(editor);
