#!/bin/sh
# Gives each service its own user on the broker, with the permissions of the table beside this file. Repeatable.
# RABBITMQ_MANAGEMENT: http://host:15672, RABBITMQ_ADMIN: user:password of an administrator, RABBITMQ_SERVICE_PASSWORD: of the services.
set -eu
: "${RABBITMQ_MANAGEMENT:?is not set, e.g. http://rabbitmq:15672}" "${RABBITMQ_ADMIN:?is not set: user:password}" "${RABBITMQ_SERVICE_PASSWORD:?is not set}"

put() { curl -fsS -u "$RABBITMQ_ADMIN" -X PUT -H 'Content-Type: application/json' --data "$2" "$RABBITMQ_MANAGEMENT/api/$1"; }

grep -v '^#' "$(dirname "$0")/permissions" | while read -r user configure write read tags; do
    put "users/$user" "{\"password\":\"$RABBITMQ_SERVICE_PASSWORD\",\"tags\":\"$tags\"}"
    # a backslash is written twice in JSON
    put "permissions/%2F/$user" "$(printf '{"configure":"%s","write":"%s","read":"%s"}' "$configure" "$write" "$read" | sed 's/\\/\\\\/g')"
    echo "$user may use the broker"
done
