#!/bin/sh
# Run once by the postgres image when it makes the cluster: the login roles that own nothing and
# cannot bypass row security. The owner, parley_owner, is the image's own POSTGRES_USER.
set -eu

psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 \
  --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
\getenv functions PARLEY_FUNCTIONS_PASSWORD
\getenv tenancy PARLEY_TENANCY_PASSWORD
\getenv connector PARLEY_CONNECTOR_PASSWORD
create role parley_functions login nosuperuser nocreatedb nocreaterole nobypassrls password :'functions';
create role parley_tenancy login nosuperuser nocreatedb nocreaterole nobypassrls password :'tenancy';
create role parley_connector login nosuperuser nocreatedb nocreaterole nobypassrls password :'connector';
SQL
