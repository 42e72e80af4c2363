#!/usr/bin/env bash
# Breaks a private stack at random, one fault at a time, under load, and checks every job against an independent ledger of executions.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
    cat <<'HELP'
Usage: scripts/chaos.sh [--minutes N] [--seed S] [--long] [--each N] [--beside REVISION]

  --minutes N   how long (default 30)
  --seed S      repeat the jobs and faults of an earlier run (default: a new seed; it is printed)
  --each N      every fault N times instead, however long that takes: for the times in docs/reliability.md
  --beside REVISION
                a rolling upgrade from this revision: the stack begins with its programs, half of the processes are replaced by
                those of this version, the faults strike both side by side, and then the rest is replaced, all of it under load
  --long        one process in three that is frozen stands still for 90 s instead of 5 s

Starts a stack of its own, with its own ports and data, and removes it at the end. Exit code 0: every promise of docs/reliability.md
was kept. Otherwise the breaches are listed, with the steps and executions of each job. At the end it says how long the stack took to be well again
after each kind of fault.
HELP
}

fail() { printf 'chaos.sh: %s\n' "$*" >&2; exit 2; }
number() { [[ ${2:-} =~ ^[0-9]{1,9}$ ]] || fail "$1 takes a whole number, not '${2:-}'"; }

minutes=30 long= each= beside= seed=$((RANDOM * 32768 + RANDOM))
while [ $# -gt 0 ]; do
    case $1 in
        --minutes) number "$@"; minutes=$2; shift 2 ;;
        --seed) number "$@"; seed=$2; shift 2 ;;
        --each) number "$@"; each=$2; shift 2 ;;
        --long) long=1; shift ;;
        --beside) [ $# -ge 2 ] || fail "--beside needs a revision"
            beside=$(git -C "$ROOT" rev-parse --verify --quiet "$2^{commit}") || fail "there is no revision '$2'"; shift 2 ;;
        -h | --help) usage; exit 0 ;;
        *) fail "unknown option $1 (--help lists them)" ;;
    esac
done

# The other version is built in a folder of its own.
export_other() {
    other=$(mktemp -d)
    chmod 755 "$other"
    git -C "$ROOT" archive "$beside" | tar -x -C "$other"
    echo "Building $beside …"
    (cd "$other" && dotnet build eng/services.proj -c Release -nologo -v q -clp:NoSummary) || fail "$beside does not build"
}

test=When_anything_may_break.Should_keep_every_promise_for_a_long_time other=
log=$(mktemp)
trap 'kill ${tail:-} 2>/dev/null; rm -rf "$log" "$other"' EXIT
echo "Seed $seed: to repeat this run, scripts/chaos.sh --minutes $minutes --seed $seed${each:+ --each $each}${long:+ --long}${beside:+ --beside $beside}"
[ -z "$beside" ] || { export_other; test=When_two_versions_run_side_by_side; }
tail -f "$log" &
tail=$!

cd "$ROOT"
JOBSYSTEM_SOAK=1 JOBSYSTEM_CHAOS_MINUTES=$minutes JOBSYSTEM_CHAOS_SEED=$seed JOBSYSTEM_CHAOS_LONG=$long JOBSYSTEM_CHAOS_EACH=$each JOBSYSTEM_CHAOS_BESIDE=$other JOBSYSTEM_CHAOS_LOG=$log \
    dotnet test tests/Journeys/Journeys.csproj -nologo --logger 'console;verbosity=normal' \
    --filter "FullyQualifiedName~$test"
