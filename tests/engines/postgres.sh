# Starts a private PostgreSQL in a temporary folder, prints its folder, and ends it when standard input closes: so it
# goes with whoever started it, however that ends. Arguments: the programs' folder, the port, durable or quick.
set -eu
programs=$1 port=$2 kind=$3
folder=$(mktemp -d)
# PostgreSQL refuses to run as root.
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; else "$@"; fi; }
if [ "$(id -u)" = 0 ]; then chown postgres: "$folder"; fi
trap 'as "$programs/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM HUP
cd "$folder"
as "$programs/initdb" -D "$folder/data" --no-sync -A trust -U frontdesk -E UTF8 --locale=C >"$folder/initdb.log" 2>&1 ||
    { cat "$folder/initdb.log" >&2; exit 1; }
# What tests write need not survive a power cut, so nothing waits for the disk.
case $kind in durable) on=on ;; *) on=off ;; esac
as "$programs/pg_ctl" -D "$folder/data" -w -l "$folder/server.log" -o "-p $port -k $folder -c listen_addresses=127.0.0.1 \
-c max_connections=300 -c fsync=$on -c full_page_writes=$on" start >/dev/null ||
    { cat "$folder/server.log" >&2; exit 1; }
echo "$folder"
cat >/dev/null
