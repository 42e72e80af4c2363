#!/usr/bin/env bash
# Runs every test. The last line is "N passed, N failed"; the exit code is 0 only when tests ran and none failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

if [[ ${1:-} = -h || ${1:-} = --help ]]; then
    cat <<'HELP'
Usage: ./test.sh [--no-journeys | options of dotnet test]

Installs PostgreSQL, RabbitMQ, Node.js and Chromium with apt when they are missing, builds the solution (Release) and runs all tests, each project by itself,
and those of the TypeScript client.
  ./test.sh                                              everything
  ./test.sh --no-journeys                                all but whole stacks and measured times
  ./test.sh --filter FullyQualifiedName~Gateway          some
  ./test.sh --filter 'FullyQualifiedName!~Crashes'       all but the slow ones

The tests start private servers; JOBSYSTEM_TEST_POSTGRES and JOBSYSTEM_TEST_RABBITMQ name others to use instead.
HELP
    exit 0
fi

everything=no
if [ $# = 0 ]; then everything=yes; fi
if [[ ${1:-} = --no-journeys ]]; then everything=yes; shift; set -- --filter 'FullyQualifiedName!~JobSystem.Journeys' "$@"; fi

results=$PWD/artifacts/test-results
rm -rf "$results"
finish() { # CODE
    local total=0 passed=0 file counters
    for file in "$results"/*.trx; do
        [ -e "$file" ] || continue
        counters=$(grep -o '<Counters [^>]*>' "$file" | tail -n 1)
        total=$((total + $(value executed "$counters")))
        passed=$((passed + $(value passed "$counters")))
    done
    local failed=$((total - passed)) code=$1
    if [ -e "$results/typescript.tap" ]; then
        passed=$((passed + $(tap pass))) failed=$((failed + $(tap fail))) total=$((total + $(tap tests)))
    fi
    if [ "$total" = 0 ] && [ "$code" = 0 ]; then echo "No test ran." >&2; code=1; fi
    [ "$failed" = 0 ] || code=1
    echo "$passed passed, $failed failed"
    exit "$code"
}
value() { local number; number=$(sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$2"); echo "${number:-0}"; }

tap() { sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$results/typescript.tap" | grep . || echo 0; }
typescript() {
    cd sdk/typescript && npm ci --no-fund --no-audit >/dev/null && npm test --silent >"$results/typescript.tap"
    local code=$?
    grep -E '^(not )?ok |^  (failureType|error)' "$results/typescript.tap"
    return $code
}

scripts/install-servers.sh chromium:chromium node:nodejs npm:npm || finish 1
(cd eng/axe && npm ci --no-fund --no-audit >/dev/null) || finish 1
dotnet build JobSystem.sln -c Release -nologo -v q -clp:NoSummary || finish 1
# one project after another: some measure times, and all share the machine
dotnet test JobSystem.sln -c Release --no-build -nologo -m:1 --logger trx --results-directory "$results" "$@"
code=$?
if [ $everything = yes ]; then
    mkdir -p "$results"
    (typescript) || code=1
fi
finish $code
