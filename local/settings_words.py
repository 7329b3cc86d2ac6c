"""Words of docs/configuration.md that no setting carries itself."""

from __future__ import annotations

from collections.abc import Mapping

INTRO = """\
# Configuration

This page is written by `python -m local.settings_page > docs/configuration.md`; a test holds it equal to the code. Change the words where the setting is declared.

A process reads a setting `FOO_BAR` from the environment variable of that name. Where there is none it reads a secret file: `foo-bar` in the folder `SECRETS_DIR` (`/var/openfaas/secrets`), or the file that `FOO_BAR_SECRET` names. A file's last newline is dropped; a folder that holds one file, as Knative mounts a secret, is read as that file. An empty variable counts as absent.

What is missing or wrong is said at the start, all of it at once and never with a value, and the process ends with exit code 78:

```console
$ python -m connector          # exit code 78
settings are missing or wrong:
  SERVICE_TOKEN_KEY: missing (set the variable SERVICE_TOKEN_KEY, or the secret file /var/openfaas/secrets/service-token-key)
  REDIS_URL: missing (set the variable REDIS_URL, or the secret file /var/openfaas/secrets/redis-url)
  S3_ENDPOINT_URL: missing (set the variable S3_ENDPOINT_URL, or the secret file /var/openfaas/secrets/s3-endpoint-url)
  S3_ACCESS_KEY: missing (set the variable S3_ACCESS_KEY, or the secret file /var/openfaas/secrets/s3-access-key)
  S3_SECRET_KEY: missing (set the variable S3_SECRET_KEY, or the secret file /var/openfaas/secrets/s3-secret-key)
  DATABASE_URL: missing (set the variable DATABASE_URL, or the secret file /var/openfaas/secrets/database-url)
  AMQP_URL: missing (set the variable AMQP_URL, or the secret file /var/openfaas/secrets/amqp-url)
  ROUTES: missing (set the variable ROUTES, or the secret file /var/openfaas/secrets/routes)
```

Times are in seconds. A default marked **required** is none: the process does not start without a value.
"""  # noqa: E501  # a paragraph of Markdown is one line

OF_STACK = (
    "Set these in the shell before `faas-cli deploy` or `faas-local up`: both put them into "
    "stack.yml. `OPENFAAS_URL` names the OpenFaaS gateway, `IMAGE_PREFIX` and `IMAGE_TAG` the "
    "images ([deploy](deploy-openfaas.md))."
)
OF_SERVER = (
    "Beside these, the server that hosts each function has the following. The image sets `HOST`, "
    "`PORT`, `FUNCTION_SOURCE` and `DRAIN_SECONDS`."
)
OF_CONNECTOR = (
    "It runs beside the functions and is not in stack.yml: `deploy/connector/deployment.yaml` sets "
    "these in a cluster, `faas-local` passes them on from your environment."
)
OF_COMMAND = (
    "The command looks in the environment, then in the file of `--env-file`, then in secret files. "
    "Without `--env-file` it takes `.local/env`, which `faas-local up` writes, where there is one, "
    "and says so; not where the environment gives one of its variables another value, so that two "
    "installations are never mixed. `parley doctor` says where it found each."
)

SECRETS: Mapping[str, str] = {
    "service-token-key": "32 characters or more, from `parley keys new service-token-key`",
    "auth-token-key": "the same of another key, from `parley keys new auth-token-key`",
    "key-ring": "JSON, from `parley keys new key-ring`",
    "redis-url": "`redis://:password@host:6379/0`",
    "amqp-url": "`amqp://user:password@host:5672/%2F`",
    "database-url-functions": "`postgresql://parley_functions:password@host:5432/parley`",
    "database-url-tenancy": "`postgresql://parley_tenancy:password@host:5432/parley`",
    "database-url-connector": "`postgresql://parley_connector:password@host:5432/parley`",
    "s3-access-key": "S3's access key",
    "s3-secret-key": "S3's secret key",
}

COMMAND: Mapping[str, str] = {
    "AMQP_URL": "RabbitMQ, for `dlq replay`, `replay`, `ledger`, `erase` and `doctor`",
    "CONNECTOR_URL": "Where the connector answers",
    "DATABASE_OWNER_URL": "PostgreSQL as the owner of the tables, for `migrate`, `erase`, "
    "`retention` and `doctor`",
    "DATABASE_URL": "The same, where `DATABASE_OWNER_URL` is not set",
    "DATABASE_URL_CONNECTOR": "PostgreSQL as the role of connector, for `dlq`, `ledger`, `erase` "
    "and `retention`; "
    "`doctor` asks it where it is set",
    "DATABASE_URL_FUNCTIONS": "PostgreSQL as the role of state; `doctor` asks it where it is set",
    "DATABASE_URL_TENANCY": "PostgreSQL as the role of tenancy; `doctor` asks it where it is set",
    "GENESYS_API_BASE_URL": "Genesys' API, for `doctor`; `https://api.mypurecloud.com` unless set",
    "GENESYS_EXTRA_REGIONS": "Shown by `doctor`; the functions read it",
    "GENESYS_LOGIN_BASE_URL": "Genesys' login, for `doctor`; `https://login.mypurecloud.com` "
    "unless set",
    "GRAPH_API_BASE_URL": "Meta's Graph API, for `doctor`; `https://graph.facebook.com` unless set",
    "GRAPH_API_VERSION": "Shown by `doctor`; the functions read it",
    "KEY_RING": "The key ring, for `doctor`",
    "REDIS_URL": "Redis, for `erase` and `doctor`",
    "S3_ACCESS_KEY": "S3's access key, for `doctor`",
    "S3_ENDPOINT_URL": "S3, for `buckets`, `replay`, `ledger`, `erase`, `retention` and `doctor`",
    "S3_PUBLIC_URL": "Shown by `doctor`",
    "S3_SECRET_KEY": "S3's secret key, for `doctor`",
    "SECRETS_DIR": "Folder of secret files",
    "SERVICE_TOKEN_KEY": "The functions' own key, for `tenants`, `erase` and `doctor`",
    "TENANCY_URL": "Where `tenancy` answers, for `tenants` and `doctor`",
}
