"""The tenancy function on real PostgreSQL and Redis, one for all tests of this folder."""

from collections.abc import Iterator

import pytest

from local.services import Endpoints
from shared.tenancy.vault import KeyRing
from tests.tenancy.serving import Served, served


@pytest.fixture(scope="session")
def key_ring() -> str:
    return KeyRing.generate().dump()


@pytest.fixture(scope="session")
def tenancy(
    migrated: Endpoints, key_ring: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with served(
        "tenancy",
        tmp_path_factory.mktemp("tenancy"),
        DATABASE_URL=migrated.database_url("tenancy"),
        REDIS_URL=migrated.redis_url,
        KEY_RING=key_ring,
        GENESYS_EXTRA_REGIONS="private.example",
    ) as function:
        yield function
