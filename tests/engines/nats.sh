# Starts a private NATS server, prints that it listens, then obeys the lines of its standard input, stop and start, and
# answers each. The server ends when standard input closes: so it goes with whoever started it, however that ends.
# Arguments: the program, the port.
set -eu
program=$1 port=$2
folder=$(mktemp -d)
server=
stop() {
    [ -n "$server" ] || return 0
    # At once, as a crash does.
    kill -9 "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
}
trap 'stop; rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM HUP
mkfifo "$folder/said"
start() {
    "$program" -a 127.0.0.1 -p "$port" >"$folder/said" 2>&1 &
    server=$!
    exec 3<"$folder/said"
    while read -r line; do
        echo "$line" >>"$folder/log"
        case $line in *"Server is ready"*) break ;; esac
    done <&3
    case $line in *"Server is ready"*) ;; *) cat "$folder/log" >&2; exit 1 ;; esac
    # What it says later is read too: a closed pipe would end it.
    cat <&3 >/dev/null &
    exec 3<&-
}
start
echo started
while read -r order; do
    case $order in stop) stop; echo stopped ;; start) start; echo started ;; esac
done
