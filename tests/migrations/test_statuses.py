"""What waits for its message stays, and the functions of the release before can still call."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.services import Endpoints
from migrations.run import upgrade
from shared.runtime.clock import rfc3339
from tests.migrations.asking import ask, at_revision, quiet
from tests.moments import told_at

TENANT = str(uuid4())
EARLY, LATE = told_at(), told_at(seconds=5)
OF_0006 = "uuid, text, message_status, timestamptz, text, jsonb, uuid, integer"
STATUS = {"tenant_id": TENANT, "message_id": "wamid.1", "status": "delivered"}
STATUS_LATER = {"customer": "491701", "error": None, "tracking_id": None, "part": None}


@pytest.fixture
def old(services: Endpoints) -> Iterator[Endpoints]:
    """A database in use, at the revision before."""
    with at_revision(services, "0006") as old:
        url = old.database_owner_url
        ask(url, "insert into tenants (id, slug, name) values (:id, 'kept', 'Kept')", id=TENANT)
        ask(
            url,
            "insert into waiting_statuses (tenant_id, message_id, status, occurred_at)"
            " values (:tenant_id, :message_id, :status, :at)",
            at=EARLY,
            **STATUS,
        )
        body = "$$ select null::json $$"
        ask(url, f"create function advance_status({OF_0006}) returns json language sql as {body}")
        yield old


def test_statuses_that_wait_stay_and_each_fact_has_its_row(old: Endpoints) -> None:
    upgrade(old.database_owner_url, report=quiet)
    told: dict[str, Any] = STATUS | STATUS_LATER | {"occurred_at": LATE}
    names = ", ".join(f"p_{name} => :{name}" for name in told)
    for _ in range(2):  # as the functions before call it, and again
        ask(old.database_url("functions"), f"select advance_status({names}) as told", **told)
    found = ask(
        old.database_owner_url, "select occurred_at from waiting_statuses order by occurred_at"
    )
    assert [rfc3339(row["occurred_at"]) for row in found] == [EARLY, LATE]
    assert ask(old.database_url("connector"), "select forget_statuses(7) as gone") == [{"gone": 0}]
    assert ask(old.database_url("tenancy"), "select name from tenants") == [{"name": "Kept"}]
