# The services of one stack: building them once, and the environment that each keeps. Sourced by stack.sh.
# shellcheck shell=bash

# gateway-1 → Gateway
project_of() {
    case ${1%-*} in
        gateway) echo Gateway ;; jobapi) echo JobApi ;; executor) echo Executor ;; scheduler) echo Scheduler ;; monitoring) echo Monitoring ;;
        *) fail "there is no '$1'. Names: $(all_names | paste -sd ' ')" ;;
    esac
}
names() { local i; for ((i = 1; i <= $2; i++)); do echo "$1-$i"; done; }
service_names() { names jobapi "$JOBAPIS"; names executor "$EXECUTORS"; names scheduler "$SCHEDULERS"; echo monitoring-1; echo gateway-1; }
all_names() { echo postgres; echo rabbitmq; service_names; }
url_of() { echo "http://127.0.0.1:$(port_of "$1")"; }
urls_of() { local name; for name in $(names "$1" "$2"); do url_of "$name"; done | paste -sd ,; }

# Nothing is built when no source file changed, came or went since the last time.
build() {
    local stamp="$ROOT/artifacts/stack.stamp" list
    mkdir -p "$ROOT/artifacts"
    exec 8>"$ROOT/artifacts/stack.lock"; flock 8
    list=$(cd "$ROOT" && find api contracts hosting gateway services sdk/dotnet eng Directory.* global.json -type f -not -path '*/bin/*' -not -path '*/obj/*' 2>/dev/null | sort)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$(cksum <<<"$list")" ] || (cd "$ROOT" && printf '%s\n' "$list" | newer_than "$stamp") || built_missing; then
        say "Building …"
        command -v dotnet >/dev/null || fail "dotnet is not installed: the .NET 10 SDK is needed (https://dotnet.microsoft.com/download)"
        local began="$stamp.began"; cksum <<<"$list" >"$began"
        (cd "$ROOT" && dotnet build eng/services.proj -c Release -nologo -v q -clp:NoSummary) >"$DIR/logs/build.log" 2>&1 8>&- 9>&- \
            || { tail -n 25 "$DIR/logs/build.log" >&2; fail "the build failed (log above: $DIR/logs/build.log)"; }
        # the time of the start: what changed while it was building is newer
        mv "$began" "$stamp"
    fi
    exec 8>&-
}
newer_than() { local file; while read -r file; do [ "$file" -nt "$1" ] && return 0; done; return 1; }
program_of() {
    local project from program; project=$(project_of "$1") && from=$(binaries_of "$1") || return 1
    program=$from/artifacts/services/$project/JobSystem.$project.dll
    # An earlier version had no such folder
    [ "$from" = "$ROOT" ] || [ -e "$program" ] || program=$from/artifacts/bin/$project/release/JobSystem.$project.dll
    echo "$program"
}
binaries_of() { cat "$DIR/env/$1.binaries" 2>/dev/null || echo "$ROOT"; }
keep_binaries() {
    [ -n "$BINARIES" ] || return 0
    rm -f "$DIR/env/$1.binaries"
    [ "$BINARIES" = "$ROOT" ] || echo "$BINARIES" >"$DIR/env/$1.binaries"
}
built_missing() { local name; for name in $(service_names); do [ -e "$(program_of "$name")" ] || return 0; done; return 1; }

# The environment of "up", with the service's own settings on top, is kept so that "start" brings back the same process.
write_environment() {
    local name=$1 variable settings=(); shift
    settings=(ASPNETCORE_URLS="$(url_of "$name")" ASPNETCORE_ENVIRONMENT=Production)
    [ "${name%-*}" = gateway ] || settings+=(JOBSYSTEM_RABBITMQ="${RABBIT_URL/$RABBIT_USER:/${name%-*}:}")
    case $name in
        jobapi-* | scheduler-* | monitoring-*) settings+=(JOBSYSTEM_ADMIN_KEY="$ADMIN_KEY" JOBSYSTEM_POSTGRES="$SERVICE_PG_URL" JOBSYSTEM_TRUSTED_PROXIES=127.0.0.1)
            [ "${name%-*}" != monitoring ] || settings+=(JOBSYSTEM_API_URL="$(url_of gateway-1)" JOBSYSTEM_RABBITMQ_MANAGEMENT="http://127.0.0.1:$(port_of rabbitmq-management)")
            [ -z "$JWT_KEY" ] || readarray -t -O ${#settings[@]} settings < <(jwt_settings) ;;
        gateway-*) settings+=(JOBSYSTEM_JOBAPI_URLS="$(urls_of jobapi "$JOBAPIS")" JOBSYSTEM_SCHEDULER_URLS="$(urls_of scheduler "$SCHEDULERS")" JOBSYSTEM_MONITORING_URLS="$(url_of monitoring-1)") ;;
        executor-*) settings+=(JOBSYSTEM_SLOTS="$SLOTS" JOBSYSTEM_WORKER_NAME="$name") ;;
    esac
    mkdir -p "$DIR/env"
    (umask 077
    {
        for variable in $(compgen -e); do
            # not the shell's own, and not the addresses of another stack
            case $variable in PWD | OLDPWD | SHLVL | _ | URLS | ASPNETCORE_* | DOTNET_URLS | DOTNET_ENVIRONMENT | JOBSYSTEM_*URL* | Auth__Jwt__SigningKey | JOBSYSTEM_ADMIN_KEY | JOBSYSTEM_POSTGRES | JOBSYSTEM_RABBITMQ*) ;; *) printf 'export %s=%q\n' "$variable" "${!variable}" ;; esac
        done
        printf 'export %q\n' "${settings[@]}" "$@"
    } >"$DIR/env/$name.env.new")
}
keep_environment() { mv "$DIR/env/$1.env.new" "$DIR/env/$1.env"; }
environment_differs() { ! cmp -s <(grep '^export JOBSYSTEM_.*_URLS=' "$DIR/env/$1.env" 2>/dev/null) <(grep '^export JOBSYSTEM_.*_URLS=' "$DIR/env/$1.env.new"); }

# launch_service NAME [KEY=VALUE…]: with the kept environment; the extra settings are for this start only.
launch_service() {
    local name=$1; shift
    [ -e "$DIR/env/$name.env" ] || fail "$name was never up in $DIR"
    [ -e "$(program_of "$name")" ] || build
    [ -e "$(program_of "$name")" ] || fail "$name is not built in $(binaries_of "$name"): dotnet build eng/services.proj -c Release"
    check_port "$name"
    launch "$name" env -i bash -c '. "$0"; for setting in "${@:2}"; do export "$setting"; done; exec dotnet "$1"' "$DIR/env/$name.env" "$(program_of "$name")" "$@"
}
live() { answers "$(port_of "$1")" /health/live; }
ready() {
    case $1 in
        postgres) pg_answers ;;
        rabbitmq) rabbit_answers ;;
        *) answers "$(port_of "$1")" /health/ready ;;
    esac
}
