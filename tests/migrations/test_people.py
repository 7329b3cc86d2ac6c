"""Revision 0004 makes people of what was there, and what runs meanwhile goes on."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.services import Endpoints
from migrations.run import upgrade
from tests.migrations.asking import ask, at_revision, quiet
from tests.moments import told_at

TENANT, CHANNEL = str(uuid4()), str(uuid4())


@pytest.fixture
def old(services: Endpoints) -> Iterator[Endpoints]:
    """A database of its own, at the revision before."""
    with at_revision(services, "0003") as old:
        yield old


def known(old: Endpoints, kind: str, value: str, customer: str, name: str | None, at: str) -> None:
    ask(
        old.database_owner_url,
        "insert into identities (tenant_id, kind, value, customer, profile_name, updated_at)"
        " values (:tenant, :kind, :value, :customer, :name, :at)",
        tenant=TENANT,
        kind=kind,
        value=value,
        customer=customer,
        name=name,
        at=at,
    )


def conversation(old: Endpoints, customer: str, wrote_at: str | None) -> None:
    ask(
        old.database_owner_url,
        "insert into conversation_mappings"
        " (tenant_id, channel_id, customer, conversation_id, last_customer_message_at)"
        " values (:tenant, :channel, :customer, :conversation, :at)",
        tenant=TENANT,
        channel=CHANNEL,
        customer=customer,
        conversation=f"conv-{customer}",
        at=wrote_at,
    )


OF_0003 = (
    "uuid, uuid, text, text, uuid, text, text, text, text, text, text, jsonb, timestamptz, text,"
    " text, float8, float8"
)
OF_0005 = f"{OF_0003}, text[], text, uuid, boolean"
CLAIM = {
    "tenant_id": TENANT,
    "channel_id": CHANNEL,
    "direction": "outbound",
    "source_id": "m",
    "attempt_id": str(uuid4()),
    "customer": "491701",
    "wa_id": "491701",
    "bsuid": None,
    "profile_name": None,
    "conversation_id": None,
    "kind": "text",
    "content": None,
    "occurred_at": told_at(),
    "event_id": "e",
    "raw_ref": None,
    "lease_seconds": 60.0,
    "resend_unknown_seconds": 300.0,
}


LATER = {"aliases": (), "reply_to": None, "tapped": None, "opens_window": True}  # since 0004


def claim(old: Endpoints, **changes: Any) -> dict[str, Any]:
    """As the functions of the releases before call it."""
    told = CLAIM | changes
    names = ", ".join(f"p_{name} => :{name}" for name in told)
    [row] = ask(old.database_url("functions"), f"select claim_message({names}) as answer", **told)
    answer: dict[str, Any] = row["answer"]
    return answer


def test_every_name_that_was_there_becomes_a_person(old: Endpoints) -> None:
    known(old, "wa_id", "491701", "491701", "Ann", told_at(hours=-24 * 60))
    known(old, "wa_id", "491799", "491701", "Anne", told_at(hours=-24 * 30))
    known(old, "bsuid", "DE.1", "491701", None, told_at(hours=-24 * 29))
    known(old, "wa_id", "491702", "491702", None, told_at(hours=-24 * 29))
    conversation(old, "491701", told_at(hours=-24 * 30))
    conversation(old, "491702", None)
    upgrade(old.database_owner_url, report=quiet)
    people = (
        "select customer, wa_id, bsuid, profile_name, wa_id_at is not null as wrote"
        " from customers order by customer"
    )
    assert ask(old.database_owner_url, people) == [
        {
            "customer": "491701",
            "wa_id": "491799",
            "bsuid": "DE.1",
            "profile_name": "Anne",
            "wrote": True,
        },
        {
            "customer": "491702",
            "wa_id": "491702",
            "bsuid": None,
            "profile_name": None,
            "wrote": False,
        },
    ]
    found = claim(old)
    assert (found["customer"], found["wa_id"], found["bsuid"]) == ("491701", "491799", "DE.1")
    assert found["conversation_id"] == "conv-491701"


@pytest.mark.parametrize("members", [{}, LATER], ids=["0003", "0005"])
def test_the_functions_of_the_releases_before_claim_on(
    old: Endpoints, members: dict[str, Any]
) -> None:
    upgrade(old.database_owner_url, report=quiet)
    told = members | {"direction": "inbound"}
    assert claim(old, **told)["outcome"] == "claimed"
    assert claim(old, **told)["outcome"] == "claimed"
    assert claim(old, **told, attempt_id=str(uuid4()))["outcome"] == "busy"


@pytest.mark.parametrize("types", [OF_0003, OF_0005], ids=["0003", "0005"])
def test_a_claim_of_before_leaves_one_function(old: Endpoints, types: str) -> None:
    """Two of one name would leave a call by names undecided."""
    body = "returns json language sql as 'select cast(null as json)'"
    ask(old.database_owner_url, f"create function claim_message({types}) {body}")
    upgrade(old.database_owner_url, report=quiet)
    found = ask(
        old.database_owner_url, "select 1 as x from pg_proc where proname = 'claim_message'"
    )
    assert len(found) == 1
