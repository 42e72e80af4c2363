#!/usr/bin/env bash
# Installs PostgreSQL and RabbitMQ with apt when they are missing, and what else is named as COMMAND:PACKAGE. Used by stack.sh and test.sh;
# does nothing when all are there.
set -euo pipefail

missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null || missing+=(rabbitmq-server)
for wanted in "$@"; do command -v "${wanted%%:*}" >/dev/null || missing+=("${wanted##*:}"); done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "Missing: ${missing[*]}. Install with: sudo apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo -n)
fi
command -v apt-get >/dev/null || { echo "Missing: ${missing[*]}, and there is no apt-get here to install them with." >&2; exit 1; }

echo "Installing ${missing[*]} …" >&2
# Debian would make and start a cluster of its own; private ones are all that is wanted here
if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
    "${as_root[@]}" mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
log=$(mktemp)
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
install || { "${as_root[@]}" apt-get update >"$log" 2>&1 && install; } || { tail -n 20 "$log" >&2; echo "apt-get could not install ${missing[*]} (log above)." >&2; exit 1; }
rm -f "$log"
