#!/usr/bin/env bash
# Runs every test. The last line is "N passed, N failed"; the exit code is 0 only when tests ran and none failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

if [[ ${1:-} = -h || ${1:-} = --help ]]; then
    cat <<'HELP'
Usage: ./test.sh [--gate | --no-journeys | options of dotnet test]

Installs PostgreSQL, RabbitMQ, Node.js and Chromium with apt when they are missing, builds the solution (Release) and runs all tests, each project by itself,
and those of the TypeScript client.
  ./test.sh                                              everything, about two hours on two cores
  ./test.sh --gate                                       what .ci/run runs: all but long forms of its journeys and measurements, about 45 minutes
  ./test.sh --no-journeys                                all but journeys on whole systems, about 9 minutes
  ./test.sh --filter FullyQualifiedName~Gateway          some
  ./test.sh --filter 'FullyQualifiedName~Crashes'        journeys in which something dies

Chaos for as long as you like is scripts/chaos.sh. At the end come the slowest test classes, and each test that failed by its name.
The tests start private servers; JOBSYSTEM_TEST_POSTGRES and JOBSYSTEM_TEST_RABBITMQ name others to use instead.
HELP
    exit 0
fi

everything=no
if [ $# = 0 ]; then everything=yes; fi
case ${1:-} in
    --gate) everything=yes; shift; set -- --filter 'Length!=Long' "$@" ;;
    --no-journeys) everything=yes; shift; set -- --filter 'FullyQualifiedName!~JobSystem.Journeys' "$@" ;;
esac

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
    summary
    if [ -e "$results/typescript.tap" ]; then
        passed=$((passed + $(tap pass))) failed=$((failed + $(tap fail))) total=$((total + $(tap tests)))
    fi
    if [ "$total" = 0 ] && [ "$code" = 0 ]; then echo "No test ran." >&2; code=1; fi
    [ "$failed" = 0 ] || code=1
    echo "$passed passed, $failed failed"
    exit "$code"
}
summary() {
    compgen -G "$results/*.trx" >/dev/null || return 0
    echo "Slowest test classes, in seconds:"
    # <UnitTestResult … testName="NAMESPACE.CLASS.METHOD(ARGUMENTS)" … duration="HH:MM:SS.FFFFFFF" … outcome="Passed" …>
    grep -ho '<UnitTestResult [^>]*>' "$results"/*.trx | sed -E 's/.* testName="([^"(]*)\.[^".(]*(\([^"]*)?".* duration="([0-9]+):([0-9]+):([0-9.]+)".*/\1 \3 \4 \5/' |
        awk 'NF == 4 { seconds[$1] += $2 * 3600 + $3 * 60 + $4; count[$1]++ } END { for (class in seconds) printf "%8.1f  %s (%d)\n", seconds[class], class, count[class] }' | sort -rn | head -n 30
    # Each with the first lines of why: <UnitTestResult … outcome="Failed" …> … <Message>WHY</Message>
    awk 'FNR == 1 { failed = 0 } /<UnitTestResult / { failed = /outcome="Failed"/; if (failed && match($0, /testName="[^"]*"/)) print "FAILED: " substr($0, RSTART + 10, RLENGTH - 11) }
        failed && sub(/.*<Message>/, "") { left = 4 } left > 0 { last = sub(/<\/Message>.*/, ""); print "    " substr($0, 1, 300); left = last ? 0 : left - 1 }' "$results"/*.trx |
        sed 's/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&#xD;//g; s/&amp;/\&/g'
}
value() { local number; number=$(sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$2"); echo "${number:-0}"; }

tap() { sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$results/typescript.tap" | grep . || echo 0; }
typescript() {
    cd sdk/typescript && npm ci --no-fund --no-audit >/dev/null && npm test --silent >"$results/typescript.tap"
    local code=$?
    grep -E '^(not )?ok |^  (failureType|error)' "$results/typescript.tap"
    return $code
}

# Each host in a test would watch its folder for settings files: many at once need more inotify instances than a user has
export DOTNET_hostBuilder__reloadConfigOnChange=false
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
