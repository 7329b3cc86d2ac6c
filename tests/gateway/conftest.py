"""The gateway before running functions, one house for all tests of this folder."""

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from local.services import Endpoints
from shared.tenancy.vault import KeyRing
from tests.gateway.office import PAGE, Office, declare, furnish
from tests.support import sandbox_process
from tests.tenancy.serving import served


@pytest.fixture(scope="session")
def office(migrated: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("gateway")
    redis = {"REDIS_URL": migrated.redis_url}
    with ExitStack() as stack:
        sandbox, _ = stack.enter_context(sandbox_process())
        tenancy = stack.enter_context(
            served(
                "tenancy",
                folder,
                DATABASE_URL=migrated.database_url("tenancy"),
                KEY_RING=KeyRing.generate().dump(),
                **redis,
            )
        )
        state = stack.enter_context(
            served("state", folder, DATABASE_URL=migrated.database_url("functions"), **redis)
        )
        gateway = stack.enter_context(
            served(
                "api-gateway",
                folder,
                WA_WEBHOOK_URL="http://127.0.0.1:9",
                GENESYS_WEBHOOK_URL="http://127.0.0.1:9",
                STATE_URL=state.url,
                TENANCY_URL=tenancy.url,
                OIDC_ISSUER=sandbox.issuer,
                OIDC_AUDIENCE="parley",
                OIDC_REFETCH_SECONDS="0.5",
                OIDC_ALLOWED_HOSTS=urlsplit(sandbox.issuer).netloc,
                API_TENANT_PER_MINUTE="10000000",
                API_CLIENT_PER_MINUTE="1000000",
                **redis,
            )
        )
        acme = declare(tenancy, options={"cors_origins": [PAGE]})
        bean = declare(tenancy)
        furnish(state, acme)
        furnish(state, bean)
        yield Office(gateway, tenancy, state, sandbox, acme, bean)
