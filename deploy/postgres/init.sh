#!/bin/sh
# Runs once, when the database image makes a new cluster: the roles, with this checkout's passwords.
# The same roles.sql is what the embedded stack runs; it reads the passwords as settings.
set -eu
PGOPTIONS="-c localex.password_gateway=$GATEWAY_DB_PASSWORD"
PGOPTIONS="$PGOPTIONS -c localex.password_ledger=$LEDGER_DB_PASSWORD"
PGOPTIONS="$PGOPTIONS -c localex.password_marketplace=$MARKETPLACE_DB_PASSWORD"
PGOPTIONS="$PGOPTIONS -c localex.password_search=$SEARCH_DB_PASSWORD"
PGOPTIONS="$PGOPTIONS -c localex.password_migrator=$MIGRATOR_DB_PASSWORD"
PGOPTIONS="$PGOPTIONS -c localex.password_operator=${OPERATOR_DB_PASSWORD:-}"
export PGOPTIONS
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname localex_db \
    --file "${ROLES_SQL:-/etc/localex/roles.sql}"
