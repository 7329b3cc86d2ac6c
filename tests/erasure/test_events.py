"""An event of the person goes, one of several is made smaller, everybody else's stays itself."""

import base64
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from shared.erasure.events import received_at, without
from shared.messaging.envelope import Event, EventType
from tests.erasure.test_cut import ANN, BOB, MARKS, TENANT, body, said, value


def event(type_: EventType, **data: Any) -> Event:
    return Event(
        id="e",
        type=type_,
        source="test",
        time=datetime(2026, 11, 23, tzinfo=UTC),
        tenantid=TENANT,
        partitionkey="k",
        data=data,
    )


def agent(to: str, **more: Any) -> dict[str, Any]:
    return {"id": "m", "channel": {"to": {"id": to}, "from": {"id": "integration"}}, **more}


def raw(told: Any) -> Event:
    return event(EventType.RAW, body_base64=base64.b64encode(orjson.dumps(told)).decode())


@pytest.mark.parametrize(
    "theirs",
    [
        event(EventType.WHATSAPP_MESSAGE, message=said(ANN)),
        event(EventType.WHATSAPP_FILE, message=said(ANN)),
        event(EventType.WHATSAPP_MESSAGE, message={"id": "w"}, contact={"wa_id": ANN}),
        event(EventType.WHATSAPP_STATUS, status={"id": "w", "recipient_id": ANN}),
        event(EventType.GENESYS_MESSAGE, message=agent(f"+{ANN}")),
        event(EventType.GENESYS_BURIED, message=agent(ANN), buried={}),
        event(EventType.GENESYS_MESSAGE, message=agent(BOB) | {"id": "wamid.ann-by-id"}),
        event(EventType.WHATSAPP_CHANGE, value=value(user_preferences=[{"wa_id": ANN}])),
        raw(body(value(messages=[said(ANN)]))),
        raw(agent(ANN)),
    ],
)
def test_an_event_of_the_person_goes(theirs: Event) -> None:
    assert without(theirs, MARKS) is None


@pytest.mark.parametrize(
    "other",
    [
        event(EventType.WHATSAPP_MESSAGE, message=said(BOB), contact={"wa_id": BOB}),
        event(EventType.WHATSAPP_STATUS, status={"id": "w", "recipient_id": BOB}),
        event(EventType.GENESYS_MESSAGE, message=agent(BOB, text=ANN)),
        event(EventType.GENESYS_MESSAGE, message="rubbish"),
        event(EventType.WHATSAPP_CHANGE, value=value(user_preferences=[{"wa_id": BOB}])),
        event(EventType.WHATSAPP_MESSAGE),
        event(EventType.RAW, body_base64="no base64"),
        raw(body(value(messages=[said(BOB)]))),
    ],
)
def test_anybody_else_s_event_stays_itself(other: Event) -> None:
    assert without(other, MARKS) is other


def test_an_event_of_several_people_is_told_without_the_one() -> None:
    several = value(history=[{"threads": [{"messages": [said(ANN), said(BOB)]}]}])
    rest = without(event(EventType.WHATSAPP_CHANGE, value=several), MARKS)
    assert rest is not None
    assert rest.data["value"] == value(history=[{"threads": [{"messages": [said(BOB)]}]}])
    kept = without(raw(body(value(messages=[said(ANN), said(BOB)]))), MARKS)
    assert kept is not None
    told = orjson.loads(base64.b64decode(kept.data["body_base64"]))
    assert told == body(value(messages=[said(BOB)]))


def test_the_moment_is_when_it_reached_us_not_what_the_provider_says() -> None:
    told = event(EventType.WHATSAPP_MESSAGE, received_at="2026-11-24T00:00:00Z")
    assert received_at(told) == datetime(2026, 11, 24, tzinfo=UTC)
    assert received_at(event(EventType.WHATSAPP_MESSAGE)) == datetime(2026, 11, 23, tzinfo=UTC)
