#!/usr/bin/env bash
# The whole system without containers: a private PostgreSQL and RabbitMQ, and every service as a process of its own.
set -uo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
for part in process servers services; do . "$ROOT/scripts/stack/$part.sh"; done

usage() {
    cat <<'HELP'
Usage: scripts/stack.sh VERB [options]

  up [--port N] [--executors N] [--jobapis N] [--schedulers N] [--slots N] [--binaries FOLDER]
                     start what is not running and return when everything is ready (defaults: port 8080, one of each, 8 slots)
  down [--now]       stop everything, the services gracefully; --now kills them instead. The data stays
  status             one line for each process; exit code 0 when all are ready, otherwise 3
  start NAME [--env KEY=VALUE]… [--binaries FOLDER]
                     bring a stopped process back on the same port, data and environment; --env adds to it for this once
  stop NAME          ask it to end (SIGTERM; PostgreSQL: fast shutdown) and wait until it has
  kill NAME          kill -9
  logs NAME [-f]     the last 200 lines of its log; -f follows

--binaries runs the services that are started from another copy of the repository, built there for Release: two versions side by side.
It is remembered for each of them, until --binaries names another copy, or this one.

Every verb takes --data DIR (default: data/stack in the repository). Names: postgres rabbitmq gateway-1 jobapi-1 …
executor-1 … scheduler-1 … monitoring-1.

"up" passes its own environment on to the services: JOBSYSTEM_LEASE_SECONDS=5 scripts/stack.sh up
DIR/stack.env has the addresses and keys as KEY=value lines, DIR/pids the process ids, DIR/logs the logs, DIR/ports.env the ports.
To start over: down, then remove DIR. All settings: docs/deployment.md
HELP
}

number() { [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || fail "$1 takes a number of at least 1, not '$2'"; }

read_options() {
    DIR=$ROOT/data/stack NAME= FOLLOW= NOW= BINARIES= EXTRA=() GIVEN=()
    while [ $# -gt 0 ]; do
        case $1 in
            --data | --port | --executors | --jobapis | --schedulers | --slots | --env | --binaries) [ $# -ge 2 ] || fail "$1 needs a value" ;;
        esac
        case $1 in
            --data) DIR=$2; shift ;;
            --port | --executors | --jobapis | --schedulers | --slots)
                [ "$VERB" = up ] || fail "$1 belongs to 'up'"
                number "$1" "$2"; local key=${1#--}; GIVEN+=("${key^^}=$2"); shift ;;
            --env)
                [ "$VERB" = start ] || fail "--env belongs to 'start'; 'up' passes its own environment on"
                [[ $2 =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || fail "--env takes KEY=VALUE, not '$2'"
                EXTRA+=("$2"); shift ;;
            --binaries)
                [ "$VERB" = up ] || [ "$VERB" = start ] || fail "--binaries belongs to 'up' and 'start'"
                BINARIES=$(cd "$2" 2>/dev/null && pwd) || fail "--binaries takes a folder, not '$2'"; shift ;;
            --now) [ "$VERB" = down ] || fail "--now belongs to 'down'"; NOW=yes ;;
            -f | --follow) FOLLOW=yes ;;
            -h | --help) usage; exit 0 ;;
            -*) fail "unknown option $1 (--help lists them)" ;;
            *) [ -z "$NAME" ] || fail "one name at a time, not '$NAME' and '$1'"; NAME=$1 ;;
        esac
        shift
    done
    mkdir -p "$DIR" 2>/dev/null || fail "cannot make the folder $DIR"
    DIR=$(cd "$DIR" && pwd)
}

# What the stack was last told, then what this call says.
load_stack() {
    PORT=8080 EXECUTORS=1 JOBAPIS=1 SCHEDULERS=1 SLOTS=${JOBSYSTEM_SLOTS:-8}
    ADMIN_KEY= JWT_KEY= PG_PASSWORD= RABBIT_PASSWORD= RABBIT_USER=jobsystem
    [ ! -e "$DIR/stack.conf" ] || . "$DIR/stack.conf"
    [ -z "${JOBSYSTEM_SLOTS:-}" ] || [ "$VERB" != up ] || SLOTS=$JOBSYSTEM_SLOTS
    local given; for given in ${GIVEN[@]+"${GIVEN[@]}"}; do printf -v "${given%%=*}" %s "${given#*=}"; done
    PG_URL=postgresql://postgres:$PG_PASSWORD@127.0.0.1:$(port_of postgres)/jobsystem
    SERVICE_PG_URL=postgresql://jobsystem:$PG_PASSWORD@127.0.0.1:$(port_of postgres)/jobsystem
    RABBIT_URL=amqp://$RABBIT_USER:$RABBIT_PASSWORD@127.0.0.1:$(port_of rabbitmq)/
}
must_exist() { [ -e "$DIR/stack.conf" ] || fail "there is no stack in $DIR; 'up' makes one"; }
must_name() { [ -n "$NAME" ] || fail "$VERB needs a name: $(all_names | paste -sd ' ')"; known_names | grep -x -- "$NAME" >/dev/null || fail "there is no '$NAME'. Names: $(all_names | paste -sd ' ')"; }
# also those of an earlier, larger stack
known_names() { all_names; running; for name in "$DIR"/env/*.env; do [ ! -e "$name" ] || basename "$name" .env; done; }
secret() { od -An -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }

save_stack() {
    local name
    mkdir -p "$DIR/pids" "$DIR/run" "$DIR/logs"
    if [ -z "$ADMIN_KEY" ] || [ -z "$(running)" ]; then ADMIN_KEY=${JOBSYSTEM_ADMIN_KEY:-${ADMIN_KEY:-js_$(secret 32)}}; fi
    [[ $ADMIN_KEY =~ ^[A-Za-z0-9._~+/=-]{16,}$ ]] || fail "JOBSYSTEM_ADMIN_KEY must have at least 16 of the characters A-Z a-z 0-9 . _ ~ + / = -"
    if [ -n "${Auth__Jwt__Authority:-}" ]; then JWT_KEY=
    elif [ -z "$JWT_KEY" ] || [ -z "$(running)" ]; then JWT_KEY=${Auth__Jwt__SigningKey:-${JWT_KEY:-$(secret 32)}}; fi
    [[ $JWT_KEY =~ ^([A-Za-z0-9._~+/=-]{32,})?$ ]] || fail "Auth__Jwt__SigningKey must have at least 32 of the characters A-Z a-z 0-9 . _ ~ + / = -"
    PG_PASSWORD=${PG_PASSWORD:-$(secret 16)} RABBIT_PASSWORD=${RABBIT_PASSWORD:-$(secret 16)}
    for name in $(all_names | grep -v '^gateway-1$') rabbitmq-management rabbitmq-distribution epmd; do choose_port "$name"; done
    set_port gateway-1 "$PORT"
    (umask 077; for name in PORT EXECUTORS JOBAPIS SCHEDULERS SLOTS ADMIN_KEY JWT_KEY PG_PASSWORD RABBIT_PASSWORD; do echo "$name=${!name}"; done >"$DIR/stack.conf")
    load_stack
    (umask 077; cat >"$DIR/stack.env") <<ENV
JOBSYSTEM_URL=http://127.0.0.1:$PORT
JOBSYSTEM_ADMIN_KEY=$ADMIN_KEY
JOBSYSTEM_POSTGRES=$PG_URL
JOBSYSTEM_RABBITMQ=$RABBIT_URL
JOBSYSTEM_RABBITMQ_MANAGEMENT=http://127.0.0.1:$(port_of rabbitmq-management)
JOBSYSTEM_RABBITMQ_USER=$RABBIT_USER
JOBSYSTEM_RABBITMQ_PASSWORD=$RABBIT_PASSWORD
ENV
    [ -z "$JWT_KEY" ] || jwt_settings >>"$DIR/stack.env"
}
jwt_settings() { printf '%s\n' "Auth__Jwt__SigningKey=$JWT_KEY" "Auth__Jwt__Issuer=${Auth__Jwt__Issuer:-jobsystem}" "Auth__Jwt__Audience=${Auth__Jwt__Audience:-jobsystem}"; }

up() {
    lock
    local name started=()
    if alive gateway-1 && [ "$(port_of gateway-1)" != "$PORT" ]; then fail "the gateway runs on port $(port_of gateway-1); stop it before moving it to $PORT"; fi
    save_stack
    "$ROOT/scripts/install-servers.sh" || exit 1
    alive postgres || { start_postgres & local postgres=$!; started+=(postgres); }
    alive rabbitmq || { start_rabbitmq & local rabbitmq=$!; started+=(rabbitmq); }
    # a build replaces programs, so not under those that run and need nothing
    all_alive || build
    [ -z "${postgres:-}" ] || wait "$postgres" || exit 1
    [ -z "${rabbitmq:-}" ] || wait "$rabbitmq" || exit 1
    for name in $(service_names); do
        write_environment "$name"
        if alive "$name" && [ "$name" = gateway-1 ] && environment_differs "$name"; then
            say "Restarting the gateway: it has to know the new instances."
            end "$name" TERM 30 || fail "$name does not end"
        fi
        alive "$name" && { rm -f "$DIR/env/$name.env.new"; continue; }
        keep_environment "$name"
        keep_binaries "$name"
        launch_service "$name"
        started+=("$name")
    done
    for name in $(service_names); do await "$name" $PATIENCE ready ready "$name"; done
    # ready for people: the first submission finds its task, and the gateway has noticed everybody
    for name in $(names jobapi "$JOBAPIS"); do await "$name" $PATIENCE "aware of the executors' tasks" answers "$(port_of "$name")" /api/v1/tasks/echo "X-API-Key: $ADMIN_KEY"; done
    await gateway-1 $PATIENCE "passing requests on" answers "$PORT" /api/v1/info "X-API-Key: $ADMIN_KEY"
    [ ${#started[@]} -gt 0 ] || say "Already running."
    summary
}

all_alive() { local name; for name in $(service_names); do alive "$name" || return 1; done; }

summary() {
    cat <<SUMMARY
JobSystem runs at http://127.0.0.1:$PORT with $JOBAPIS job API(s) and $EXECUTORS executor(s) of $SLOTS slots.
  API key    $ADMIN_KEY
  Settings   $DIR/stack.env
  Submit     curl -s http://127.0.0.1:$PORT/api/v1/jobs -H 'X-API-Key: $ADMIN_KEY' -H 'Content-Type: application/json' -d '{"task_name": "echo", "args": ["hello"]}'
  Stop       scripts/stack.sh down$([ "$DIR" = "$ROOT/data/stack" ] || printf ' --data %q' "$DIR")
SUMMARY
}

down() {
    must_exist; lock
    local name jobs=() signal=TERM patience=$((${JOBSYSTEM_DRAIN_SECONDS:-30} + 30)) stopped=
    [ -z "$NOW" ] || signal=KILL
    for name in $(running | grep -vx -e postgres -e rabbitmq); do
        stopped=yes
        { end "$name" $signal "$patience" || { say "$name did not end in $patience s; killing it."; end "$name" KILL 10; }; } & jobs+=($!)
    done
    [ ${#jobs[@]} = 0 ] || wait "${jobs[@]}"
    for name in rabbitmq:TERM postgres:INT epmd:TERM; do
        alive "${name%:*}" || { forget "${name%:*}"; continue; }
        stopped=yes
        end "${name%:*}" "${name#*:}" 60 || end "${name%:*}" KILL 10
    done
    if [ -n "$stopped" ]; then say "Down. The data is in $DIR."; else say "Nothing was running."; fi
}
running() { local file name; for file in "$DIR"/pids/*.pid; do name=$(basename "$file" .pid); [ ! -e "$file" ] || { alive "$name" && echo "$name"; }; done; }

status() {
    must_exist
    local name state code=0
    for name in $( (all_names; running) | awk '!seen[$0]++'); do
        if ! alive "$name"; then
            state=stopped; [ ! -e "$(pid_file "$name")" ] || state="ended by itself (logs $name)"
            code=3
        elif ready "$name" 2>/dev/null; then state=ready; else state="not ready"; code=3; fi
        printf '%-14s pid %-8s port %-6s %s\n' "$name" "$(alive "$name" && pid_of "$name" || echo -)" "$(port_of "$name")" "$state"
    done
    exit $code
}

start() {
    must_exist; must_name
    alive "$NAME" && { say "$NAME is running already (pid $(pid_of "$NAME"))."; return; }
    case $NAME in
        postgres) start_postgres ;;
        rabbitmq) start_rabbitmq ;;
        *) keep_binaries "$NAME"
           launch_service "$NAME" ${EXTRA[@]+"${EXTRA[@]}"}
           await "$NAME" $PATIENCE live live "$NAME"
           local end=$((SECONDS + 5))
           until ready "$NAME"; do
               alive "$NAME" || { show_log "$NAME"; fail "$NAME ended while starting (log above)"; }
               [ $SECONDS -lt $end ] || { say "$NAME runs (pid $(pid_of "$NAME")), but is not ready yet: it waits for what it depends on."; return; }
               sleep 0.1
           done ;;
    esac
    say "$NAME runs (pid $(pid_of "$NAME"))."
}

stop() {
    must_exist; must_name
    alive "$NAME" || { forget "$NAME"; say "$NAME is not running."; return; }
    local signal=TERM patience=$((${JOBSYSTEM_DRAIN_SECONDS:-30} + 30))
    [ "$NAME" != postgres ] || signal=INT
    end "$NAME" $signal $patience || fail "$NAME (pid $(pid_of "$NAME")) did not end within $patience s; 'kill $NAME' ends it"
    say "$NAME stopped."
}

kill_it() {
    must_exist; must_name
    alive "$NAME" || { forget "$NAME"; say "$NAME is not running."; return; }
    end "$NAME" KILL 10 || fail "$NAME (pid $(pid_of "$NAME")) is still there"
    say "$NAME killed."
}

logs() {
    must_exist; must_name
    [ -e "$DIR/logs/$NAME.log" ] || fail "$NAME has no log yet"
    exec tail -n 200 ${FOLLOW:+-f} "$DIR/logs/$NAME.log"
}

lock() { exec 9>"$DIR/lock"; flock -w 300 9 || fail "another 'up' or 'down' is busy with $DIR"; }

VERB=${1:-}; [ $# = 0 ] || shift
case $VERB in
    up | down | status | start | stop | logs | kill) read_options "$@"; load_stack ;;
    -h | --help | help) usage; exit 0 ;;
    '') usage >&2; exit 2 ;;
    *) fail "unknown verb '$VERB' (--help lists them)" ;;
esac
case $VERB in kill) kill_it ;; *) "$VERB" ;; esac
