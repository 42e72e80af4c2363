# The private PostgreSQL and RabbitMQ of one stack. Sourced by stack.sh.
# shellcheck shell=bash

pg_bin() {
    local newest; newest=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
    echo "${newest:-$(dirname "$(command -v initdb)")}"
}

# PostgreSQL does not run as root, so root hands it to the postgres user.
as_postgres() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; else "$@"; fi; }
AS_POSTGRES=(); [ "$(id -u)" != 0 ] || AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --init-groups --)

# Below a folder that the postgres user may not enter (such as /root) the data goes to /var/lib, with a link in its place.
pg_data() { readlink -f "$DIR/postgres"; }
make_pg_folder() {
    [ -d "$DIR/postgres" ] && return
    rm -f "$DIR/postgres"
    mkdir "$DIR/postgres"
    [ "$(id -u)" = 0 ] || { chmod 700 "$DIR/postgres"; return; }
    chown postgres:postgres "$DIR/postgres"; chmod 700 "$DIR/postgres"
    if ! as_postgres test -x "$DIR/postgres"; then
        local elsewhere; elsewhere=/var/lib/jobsystem-stack/$(printf %s "$DIR" | cksum | cut -d' ' -f1)
        rmdir "$DIR/postgres"; rm -rf "$elsewhere"
        install -d -m 755 /var/lib/jobsystem-stack
        install -d -m 700 -o postgres -g postgres "$elsewhere"
        ln -s "$elsewhere" "$DIR/postgres"
    fi
}

psql_as() { # USER PASSWORD DATABASE SQL
    PGPASSWORD=$2 PGCONNECT_TIMEOUT=3 "$(pg_bin)/psql" -X -q -t -A -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(port_of postgres)" -U "$1" -d "$3" -c "$4"
}
pg_answers() { [ "$(psql_as postgres "$PG_PASSWORD" postgres 'select 1' 2>/dev/null)" = 1 ]; }

init_postgres() {
    make_pg_folder
    [ -e "$(pg_data)/PG_VERSION" ] && return
    local log="$DIR/logs/initdb.log" secret failed=
    secret=$(mktemp /tmp/jobsystem.XXXXXX)
    printf %s "$PG_PASSWORD" >"$secret"
    [ "$(id -u)" != 0 ] || chown postgres "$secret"
    as_postgres "$(pg_bin)/initdb" -D "$(pg_data)" -U postgres -A scram-sha-256 --pwfile="$secret" -E UTF8 --locale=C.UTF-8 --no-sync \
        </dev/null >"$log" 2>&1 || failed=yes
    rm -f "$secret"
    [ -z "$failed" ] || { tail -n 20 "$log" >&2; fail "initdb failed (log above: $log)"; }
}

# A killed server leaves its lock file. PostgreSQL takes it for stale only when the process id is free, which it is not where nobody
# reaps orphans (a container without an init). It may go when no process is left in the data folder: all of PostgreSQL's run in there.
remove_stale_lock() {
    local lock cwd; lock=$(pg_data)/postmaster.pid
    [ -e "$lock" ] || return 0
    for cwd in /proc/[0-9]*/cwd; do [ "$(readlink "$cwd" 2>/dev/null)" != "$(pg_data)" ] || return 0; done
    rm -f "$lock"
}

start_postgres() {
    init_postgres
    remove_stale_lock
    check_port postgres
    local setting settings=(
        listen_addresses=127.0.0.1 unix_socket_directories= port="$(port_of postgres)"
        fsync=on synchronous_commit=on full_page_writes=on
        shared_buffers=256MB max_wal_size=2GB max_connections=200
        shared_preload_libraries=pg_stat_statements track_io_timing=on)
    local arguments=()
    for setting in "${settings[@]}"; do arguments+=(-c "$setting"); done
    launch postgres env -i LANG=C.UTF-8 PATH="$PATH" "${AS_POSTGRES[@]}" "$(pg_bin)/postgres" -D "$(pg_data)" "${arguments[@]}"
    await postgres $PATIENCE answering pg_answers
    prepare_database
}

# The services own their database, but are no superusers. Repeatable: an emptied folder is set up again.
prepare_database() {
    local sql=
    [ "$(psql_as postgres "$PG_PASSWORD" postgres "select 1 from pg_roles where rolname = 'jobsystem'")" = 1 ] || sql="create role jobsystem login;"
    psql_as postgres "$PG_PASSWORD" postgres "$sql alter role jobsystem password '$PG_PASSWORD'" || fail "cannot create the database role"
    if [ "$(psql_as postgres "$PG_PASSWORD" postgres "select 1 from pg_database where datname = 'jobsystem'")" != 1 ]; then
        psql_as postgres "$PG_PASSWORD" postgres 'create database jobsystem owner jobsystem' || fail "cannot create the database"
    fi
    psql_as postgres "$PG_PASSWORD" jobsystem 'create extension if not exists pg_stat_statements' 2>/dev/null || fail "cannot create the extension pg_stat_statements"
}

# Debian's wrapper on the path insists on the system's own folders; the script below it does not.
rabbit_program() { if [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]; then echo /usr/lib/rabbitmq/bin/rabbitmq-server; else command -v rabbitmq-server; fi; }

# The administrator, and a user for each service: what it may do is in deploy/rabbitmq/permissions.
write_rabbit_users() {
    local user configure write read tags users permissions
    users="{\"name\":\"$RABBIT_USER\",\"password\":\"$RABBIT_PASSWORD\",\"tags\":\"administrator\"}"
    permissions="{\"user\":\"$RABBIT_USER\",\"vhost\":\"/\",\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}"
    while read -r user configure write read tags; do
        users+=",{\"name\":\"$user\",\"password\":\"$RABBIT_PASSWORD\",\"tags\":\"$tags\"}"
        permissions+=",{\"user\":\"$user\",\"vhost\":\"/\",\"configure\":\"${configure//\\/\\\\}\",\"write\":\"${write//\\/\\\\}\",\"read\":\"${read//\\/\\\\}\"}"
    done < <(grep -v '^#' "$ROOT/deploy/rabbitmq/permissions")
    (umask 077; printf '{"vhosts":[{"name":"/"}],"users":[%s],"permissions":[%s]}\n' "$users" "$permissions" >"$DIR/rabbitmq/users.json")
}

# Written at each start, so that an emptied folder gets its users, their permissions and its plugins again. Users of our own leave no guest.
write_rabbit_configuration() {
    mkdir -p "$DIR/rabbitmq/home" "$DIR/rabbitmq/log"
    write_rabbit_users
    (umask 077; cat >"$DIR/rabbitmq/rabbitmq.conf") <<CONF
listeners.tcp.1 = 127.0.0.1:$(port_of rabbitmq)
management.tcp.ip = 127.0.0.1
management.tcp.port = $(port_of rabbitmq-management)
load_definitions = $DIR/rabbitmq/users.json
loopback_users = none
disk_free_limit.absolute = 50MB
log.console.level = warning
CONF
    echo '[rabbitmq_management].' >"$DIR/rabbitmq/enabled_plugins"
}

# Erlang's name service, one for each stack, so that stacks (and a broker of the system) do not know each other.
start_epmd() {
    alive epmd && return
    launch epmd epmd -port "$(port_of epmd)" -address 127.0.0.1
    await epmd $PATIENCE answering taken "$(port_of epmd)"
}

rabbit_answers() {
    answers "$(port_of rabbitmq-management)" "/api/health/checks/port-listener/$(port_of rabbitmq)" \
        "Authorization: Basic $(printf %s "$RABBIT_USER:$RABBIT_PASSWORD" | base64 -w 0)"
}

start_rabbitmq() {
    check_port rabbitmq
    check_port rabbitmq-management
    write_rabbit_configuration
    start_epmd
    # as under systemd the script becomes the broker, so that the pid is the broker's own
    launch rabbitmq env -i LANG=C.UTF-8 PATH="$PATH" HOME="$DIR/rabbitmq/home" RUNNING_UNDER_SYSTEMD=true \
        ERL_EPMD_PORT="$(port_of epmd)" RABBITMQ_NODENAME="jobsystem$(port_of rabbitmq)@localhost" RABBITMQ_DIST_PORT="$(port_of rabbitmq-distribution)" \
        RABBITMQ_CONFIG_FILE="$DIR/rabbitmq/rabbitmq.conf" RABBITMQ_CONF_ENV_FILE="$DIR/rabbitmq/none.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$DIR/rabbitmq/enabled_plugins" \
        RABBITMQ_MNESIA_BASE="$DIR/rabbitmq/mnesia" RABBITMQ_LOG_BASE="$DIR/rabbitmq/log" RABBITMQ_LOGS=- \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-start_epmd false -kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none" \
        "$(rabbit_program)"
    await rabbitmq $PATIENCE answering rabbit_answers
}
