"""Scope and regions: what keeps a tenant's keys its own and our secrets at Genesys' hosts."""

import pytest

from shared.genesys.regions import known_region
from shared.runtime.errors import BadInput
from shared.tenancy.regions import extra_regions
from shared.tenancy.scope import TenantScope

TENANT = "aaaaaaaa-0000-4000-8000-000000000001"
CHANNEL = "bbbbbbbb-0000-4000-8000-000000000001"


def test_keys_carry_the_tenant() -> None:
    scope = TenantScope(TENANT.upper(), CHANNEL)
    assert scope.cache_key("oauth", "token") == f"tenant:{TENANT}:oauth:token"
    assert scope.partition_key("4915112345") == f"{TENANT}:{CHANNEL}:4915112345"


@pytest.mark.parametrize("bad", ["", "acme", "' or true --", f"{TENANT}0", "*"])
def test_nothing_but_a_uuid_is_a_tenant(bad: str) -> None:
    with pytest.raises(BadInput, match="tenant_id"):
        TenantScope(bad)


def test_a_partition_key_needs_a_channel() -> None:
    with pytest.raises(BadInput, match="channel"):
        TenantScope(TENANT).partition_key("1")


def test_the_operator_adds_regions() -> None:
    extra = extra_regions("private.example, other.example")
    assert known_region("private.example", extra)
    assert known_region("other.example", extra)
    assert not known_region("third.example", extra)


@pytest.mark.parametrize("bad", ["https://x.example", "x.example/path", "nodot", "x@y.example"])
def test_an_added_region_must_be_a_domain(bad: str) -> None:
    with pytest.raises(ValueError, match="domain name"):
        extra_regions(bad)
