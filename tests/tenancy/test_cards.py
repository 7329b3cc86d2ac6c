"""Tenants by id or slug: one's name is never taken for another's id."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from local.services import Endpoints
from shared.storage.database import Database
from shared.tenancy.files import TenantFile
from tests.tenancy.serving import Served

STORE = "insert into tenants (id, slug, name) values (:id ::uuid, :slug, 'x')"


def test_an_id_finds_its_tenant_also_when_another_is_called_so(
    tenancy: Served, migrated: Endpoints
) -> None:
    ours, theirs = str(uuid4()), str(uuid4())

    async def store() -> None:
        async with Database.open(migrated.database_url("tenancy")) as database:
            # The other is stored first: that is how a table is read.
            await database.rows(STORE, id=theirs, slug=ours)
            await database.rows(STORE, id=ours, slug=f"t-{ours[:8]}")

    asyncio.run(store())
    found = tenancy.call("GET", f"/tenancy/card/{ours}").json()["tenant"]
    assert found["id"] == ours


@pytest.mark.parametrize("slug", [str(UUID(int=7)), UUID(int=7).hex])
def test_no_tenant_is_called_like_an_id(slug: str) -> None:
    with pytest.raises(ValidationError, match="looks like an id"):
        TenantFile(tenant=slug)
