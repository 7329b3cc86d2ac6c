"""The auth function beside the real tenancy function, and a login host that tests direct."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.services import Endpoints
from tests.auth.login_server import Login, login_server
from tests.tenancy.conftest import key_ring, tenancy
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import Served, served

__all__ = ["key_ring", "tenancy"]


@pytest.fixture(scope="session")
def login_host() -> Iterator[Login]:
    with login_server() as server:
        yield server


@pytest.fixture
def login(login_host: Login) -> Login:
    """The login host, answering well and asked nothing yet."""
    fresh = Login(url=login_host.url)
    vars(login_host).update(vars(fresh))
    return login_host


@pytest.fixture(scope="session")
def settings(
    migrated: Endpoints, tenancy: Served, login_host: Login, key_ring: str
) -> dict[str, str]:
    return {
        "REDIS_URL": migrated.redis_url,
        "TENANCY_URL": tenancy.url,
        "GENESYS_LOGIN_BASE_URL": login_host.url,
        "KEY_RING": key_ring,
    }


@pytest.fixture(scope="session")
def auth_function(
    settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with served("auth", tmp_path_factory.mktemp("auth"), **settings) as function:
        yield function


@pytest.fixture
def auth(auth_function: Served, login: Login) -> Served:
    """The auth function, before a login host that was asked nothing yet."""
    del login
    return auth_function


@pytest.fixture
def acme(tenancy: Served) -> dict[str, Any]:
    """A tenant that is applied: its file, and its id under `id`."""
    file = tenant_file()
    path = f"/tenancy/tenants/{file['tenant']}"
    assert tenancy.call("PUT", path, file).status_code == 200
    return {**file, "id": tenancy.call("GET", path).json()["id"]}
