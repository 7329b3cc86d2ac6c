"""Plays a fixture of a webhook from Meta: a new case is a new file and no code.

A case has `webhook` and `expected`; one of a message may have `context` (quote, tap), `file`
(the stored file, or `missing` in words) and `late` (the file comes after its placeholder).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from shared.transforms.changes import (
    Change,
    Echo,
    HistoryMessage,
    IdChange,
    Note,
    PreferenceChange,
    read_change,
)
from shared.transforms.inbound import (
    Context,
    File,
    Inbound,
    Missing,
    Quote,
    Tap,
    late_file,
    to_genesys,
)
from shared.transforms.notes import LINE, NAME
from shared.transforms.receipts import receipt_status
from shared.whatsapp.items import media_of, read_status, refers_to, sender, tapped
from shared.whatsapp.payloads import Walk, loads, walk
from tests.wire.schemas import OPEN_MESSAGE, OPEN_STRUCTURED, cases, faults

RECEIVED = datetime(2026, 11, 23, 12, 34, 56, 789000, tzinfo=UTC)
INBOUND = cases("whatsapp/fixtures/inbound")
STATUSES = cases("whatsapp/fixtures/statuses")
CHANGES = cases("whatsapp/fixtures/changes")

Case = dict[str, Any]


def walked(case: Case) -> Walk:
    """The items of the case's webhook, read from bytes as they come."""
    return walk(loads(json.dumps(case["webhook"]).encode()))


def translated(message: Any, contact: Any, case: Case) -> Inbound:
    """The message as this case has it, with what is known around it."""
    customer, file = sender(message, contact), file_of(case)
    if case.get("late"):
        assert file is not None
        return late_file(message, customer, received_at=RECEIVED, file=file)
    return to_genesys(message, customer, received_at=RECEIVED, context=context_of(case), file=file)


def context_of(case: Case) -> Context:
    """What earlier messages tell."""
    told = case.get("context", {})
    return Context(
        quote=Quote(**told["quote"]) if "quote" in told else None,
        tap=Tap(**told["tap"]) if "tap" in told else None,
    )


def file_of(case: Case) -> File | Missing | None:
    """The file, why it is missing, or nothing."""
    told = case.get("file")
    if told is None:
        return None
    return Missing(told["missing"]) if "missing" in told else File(**told)


def of_message(case: Case) -> Any:
    """What a message becomes, in the form of `expected`."""
    [item] = walked(case).messages
    made = translated(item.message, item.contact, case)
    found = {
        "customer": sender(item.message, item.contact).id,
        "kind": made.kind,
        "text": made.text,
        "opens_window": made.opens_window,
        "about": refers_to(item.message),
        "tapped": tapped(item.message),
        "media": (media := media_of(item.message)) and asdict(media),
        "bodies": [part.body for part in made.parts],
        "instead": [part.instead for part in made.parts if part.endpoint == "structured"],
    }
    wanted = ("customer", "kind", "text", "opens_window", "bodies")
    return plain({key: value for key, value in found.items() if value or key in wanted})


def of_status(case: Case) -> Any:
    """What a status says, in the form of `expected`."""
    [item] = walked(case).statuses
    status = read_status(item.status, item.contact)
    return {
        "id": status.id,
        "status": status.status,
        "occurred_at": status.occurred_at and status.occurred_at.isoformat(),
        "recipient": status.recipient.id,
        "callback": status.callback,
        "errors": [error.words for error in status.errors],
        "receipt": receipt_status(status.status),
        **({"group": status.group_id} if status.group_id else {}),
    }


def of_changes(case: Case) -> Any:
    """What the other changes become, each by its name and all but Meta's own object."""
    found = [
        (change, item.field)
        for item in walked(case).others
        for change in read_change(item.field, item.value)
    ]
    shown = [{"is": type(change).__name__, **asdict(change)} for change, _ in found]
    return plain([{key: one[key] for key in one if key != "message"} for one in shown])


def plain(value: Any) -> Any:
    """The value as JSON has it, so that a fixture can hold it."""
    return json.loads(json.dumps(value, default=datetime.isoformat))


def held(made: Inbound) -> None:
    """Hold all bodies to the strict schemas, and their ids to the parts'."""
    assert made.parts
    assert made.text.strip()
    for part in made.parts:
        assert part.id == part.body["channel"]["messageId"]
        assert faults(SCHEMA[part.endpoint], part.body) == []
        assert part.instead is None or faults(OPEN_MESSAGE, part.instead) == []
        assert (part.instead is None) == (part.endpoint == "message")


SCHEMA = {"message": OPEN_MESSAGE, "structured": OPEN_STRUCTURED}


def told(found: tuple[Change, ...]) -> None:
    """Hold what a change becomes to what is promised of it."""
    assert found
    for change in found:
        match change:
            case Echo() | HistoryMessage():
                assert change.customer.id
                assert change.text.strip()
                assert change.id
            case IdChange():
                assert change.previous.known
                assert change.current.known
            case PreferenceChange():
                assert change.wa_id or change.bsuid
            case Note():
                assert change.what
                assert change.what.splitlines() == [change.what]
                assert len(change.what) <= LINE
                assert len(change.field) <= NAME
