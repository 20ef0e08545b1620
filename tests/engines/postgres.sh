# Starts a private PostgreSQL in a temporary folder, prints its folder, and ends it when standard input closes: so it
# goes with whoever started it, however that ends. Arguments: the programs' folder, the port, and durable, quick or tls.
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
ssl=off
if [ "$kind" = tls ]; then
    key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    {
        for name in ca stranger; do
            openssl req -x509 $key -keyout $name.key -out $name.crt -subj "/CN=$name" -days 2
        done
        openssl req $key -keyout server.key -out server.csr -subj /CN=127.0.0.1
        echo subjectAltName=IP:127.0.0.1 >server.ext
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile server.ext
        chmod 644 ./*.crt && chmod 755 "$folder"
        cp server.crt server.key data/
        if [ "$(id -u)" = 0 ]; then chown postgres: data/server.crt data/server.key; fi
        chmod 600 data/server.key
    } >tls.log 2>&1 || { cat tls.log >&2; exit 1; }
    ssl=on
fi
as "$programs/pg_ctl" -D "$folder/data" -w -l "$folder/server.log" -o "-p $port -k $folder -c listen_addresses=127.0.0.1 \
-c max_connections=300 -c ssl=$ssl -c fsync=$on -c full_page_writes=$on" start >/dev/null ||
    { cat "$folder/server.log" >&2; exit 1; }
echo "$folder"
cat >/dev/null
