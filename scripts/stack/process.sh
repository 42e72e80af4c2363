# Processes of one stack: pid files that cannot lie, ports that stay, waiting with an end. Sourced by stack.sh.
# shellcheck shell=bash

# how long anything may take to start: generous, for busy machines; what dies is noticed at once
PATIENCE=180

fail() { printf 'stack.sh: %s\n' "$*" >&2; exit 1; }
say() { printf '%s\n' "$*"; }

# A process id alone may belong to somebody else after a while, so its start time is kept beside it.
start_time() { local stat; { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1; stat=${stat##*) }; set -- $stat; [ "$1" != Z ] && echo "${20}"; }
pid_file() { case $1 in epmd) echo "$DIR/run/epmd.pid" ;; *) echo "$DIR/pids/$1.pid" ;; esac; }
pid_of() { cat "$(pid_file "$1")" 2>/dev/null; }
alive() {
    local pid now
    pid=$(pid_of "$1") && [ -n "$pid" ] && now=$(start_time "$pid") && [ -n "$now" ] && [ "$now" = "$(cat "$DIR/run/$1.started" 2>/dev/null)" ]
}
remember() { start_time "$2" >"$DIR/run/$1.started" || true; echo "$2" >"$(pid_file "$1")"; }
forget() { rm -f "$(pid_file "$1")" "$DIR/run/$1.started"; }

# launch NAME COMMAND…: in a session of its own, so that it outlives the shell that started it; the pid is the command's own.
launch() {
    local name=$1; shift
    mkdir -p "$DIR/logs"
    printf -- '--- %s start %s\n' "$(date -u +%FT%TZ)" "$name" >>"$DIR/logs/$name.log"
    (cd / && exec setsid "$@" </dev/null >>"$DIR/logs/$name.log" 2>&1 9>&-) &
    remember "$name" $!
    disown
}

# await NAME SECONDS WHAT COMMAND…: until the command succeeds; a process that dies meanwhile is an error with its log.
await() {
    local name=$1 end=$((SECONDS + $2)) what=$3; shift 3
    until "$@"; do
        alive "$name" || { show_log "$name"; forget "$name"; fail "$name ended while starting (log above: $DIR/logs/$name.log)"; }
        [ $SECONDS -lt $end ] || { show_log "$name"; fail "$name: not $what in time (log above: $DIR/logs/$name.log)"; }
        sleep 0.1
    done
}
show_log() { tail -n 25 "$DIR/logs/$1.log" >&2; }

# end NAME SIGNAL SECONDS: false when it is still there after that time.
end() {
    local name=$1 signal=$2 end=$((SECONDS + $3)) pid child children
    alive "$name" || { forget "$name"; return 0; }
    pid=$(pid_of "$name")
    children=$(cat /proc/"$pid"/task/*/children 2>/dev/null)
    kill -"$signal" "$pid" 2>/dev/null
    kill -CONT "$pid" 2>/dev/null
    while alive "$name"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
    # children of a killed server hold its shared memory until they notice
    for child in $children; do
        while start_time "$child" >/dev/null && [ $SECONDS -lt $((end + 10)) ]; do sleep 0.05; done
    done
    # some inits take a moment to clear away what has ended
    for child in {1..40}; do [ -d "/proc/$pid" ] || break; sleep 0.05; done
    forget "$name"
}

# http_status PORT PATH [HEADER]: three digits, or nothing when there is no answer.
http_status() {
    local line
    { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sConnection: close\r\n\r\n' "$2" "${3:+$3$'\r\n'}" >&3 2>/dev/null
    read -r -t 3 line <&3
    exec 3>&-
    [[ $line =~ ^HTTP/1\.[01]\ ([0-9]{3}) ]] && echo "${BASH_REMATCH[1]}"
}
answers() { [ "$(http_status "$@")" = 200 ]; }

# Ports are chosen once and kept in ports.env.
port_key() { local key=${1//-/_}; echo "PORT_${key^^}"; }
port_of() { sed -n "s/^$(port_key "$1")=//p" "$DIR/ports.env" 2>/dev/null; }
set_port() {
    local rest; rest=$(grep -v "^$(port_key "$1")=" "$DIR/ports.env" 2>/dev/null || true)
    printf '%s\n' ${rest:+"$rest"} "$(port_key "$1")=$2" >"$DIR/ports.env"
}
taken() { { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null && { exec 3>&-; return 0; }; return 1; }
choose_port() {
    [ -z "$(port_of "$1")" ] || return 0
    local port
    # below the range that the system hands out for outgoing connections
    until port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000)); ! grep -q "=$port$" "$DIR/ports.env" 2>/dev/null && ! taken "$port"; do :; done
    set_port "$1" "$port"
}
check_port() {
    taken "$(port_of "$1")" || return 0
    local hint="free it, or remove its line from $DIR/ports.env to have another one chosen"
    [ "$1" != gateway-1 ] || hint="free it, or choose another one with --port"
    fail "port $(port_of "$1") of $1 is taken by another process; $hint"
}
