"""Events that make no sense are dead letters that say why; none is tried for ever."""

import base64
import json
from collections.abc import Callable
from uuid import uuid4

import pytest
import requests
from minio import Minio

from shared.messaging.envelope import CONTENT_TYPE, Event, EventType
from shared.runtime.settings import ObjectSettings
from tests.services.processes import Process
from tests.transform_functions.stage import Stage, Tenant, outcome, post, refusal, without
from tests.waits import WAIT_S

ATTRIBUTES = ["id", "type", "source", "time", "partitionkey", "data"]
OWNER = ["tenantid", "channelid"]
ROUTE = [
    "phone_number_id",
    "integration_id",
    "region",
    "whatsapp_credential",
    "genesys_credential",
    "received_at",
]
Make = Callable[[Tenant], Event]
KINDS: dict[str, tuple[str, str, Make]] = {
    "customer": ("inbound", "message", lambda tenant: tenant.customer_writes()),
    "status": ("inbound", "status", lambda tenant: tenant.meta_tells("wamid.1", "sent")),
    "agent": ("outbound", "message", lambda tenant: tenant.agent_writes()),
}


def function(stage: Stage, name: str) -> Process:
    return stage.inbound if name == "inbound" else stage.outbound


@pytest.mark.parametrize("kind", KINDS)
def test_each_missing_member_is_named(stage: Stage, tenant: Tenant, kind: str) -> None:
    name, item, make = KINDS[kind]
    for path in ([one] for one in ATTRIBUTES + OWNER):
        status, words = refusal(function(stage, name), without(make(tenant), *path))
        assert (status, path[0].removesuffix("id") in words) == (422, True), words
    for member in [*ROUTE, item]:
        status, words = refusal(function(stage, name), without(make(tenant), "data", member))
        assert (status, member in words) == (422, True), words
    assert (tenant.at_genesys(), tenant.at_meta()) == ([], [])


@pytest.mark.parametrize("kind", KINDS)
def test_what_need_not_be_there_is_not_missed(stage: Stage, tenant: Tenant, kind: str) -> None:
    name, _, make = KINDS[kind]
    for path in (["specversion"], ["datacontenttype"], ["traceparent"], ["data", "raw"]):
        event = make(tenant).model_copy(update={"traceparent": "00-" + "a" * 32 + "-b7-01"})
        assert post(function(stage, name), without(event, *path)).status_code == 200


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("inbound", EventType.GENESYS_MESSAGE),
        ("outbound", EventType.WHATSAPP_MESSAGE),
        ("outbound", EventType.WHATSAPP_STATUS),
        ("inbound", "parley.whatsapp.message.v2"),
        ("outbound", "parley.genesys.message.v2"),
    ],
)
def test_an_event_of_another_kind_is_refused(
    stage: Stage, tenant: Tenant, name: str, type_: str
) -> None:
    event = tenant.customer_writes().model_copy(update={"type": type_})
    status, words = refusal(function(stage, name), event)
    assert (status, type_ in words) == (422, True)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"{}"])
@pytest.mark.parametrize("name", ["inbound", "outbound"])
def test_what_is_no_event_is_refused(stage: Stage, name: str, body: bytes) -> None:
    assert refusal(function(stage, name), body)[0] == 422


STRANGE = [
    {"timestamp": "99999999999999999999"},
    {"timestamp": "-5"},
    {"timestamp": []},
    {"id": "w" * 5000},
    {"id": None},
    {"id": "wamid.\u0000nul"},
    {"id": "../../state/claim?x=1#y"},
    {"type": "t" * 5000, "text": None},
    {"type": None, "text": None},
    {"text": {"body": ""}},
    {"text": "not an object"},
    {"from": "+49 (151) 1"},
    {"text": {"body": "\u202e\u0000\U0001f600" * 3}},
]


@pytest.mark.parametrize("message", STRANGE, ids=range(len(STRANGE)))
def test_a_strange_message_is_shown_all_the_same(
    stage: Stage, tenant: Tenant, message: dict[str, object]
) -> None:
    assert outcome(stage.inbound, tenant.customer_writes(message=message)) == "delivered"
    assert tenant.at_genesys()[0]["text"].strip()


def test_a_message_of_nobody_says_so(stage: Stage, tenant: Tenant) -> None:
    event = tenant.customer_writes(message={"from": None}, contact={"wa_id": None})
    status, words = refusal(stage.inbound, event)
    assert (status, "names no sender" in words) == (422, True)


STRANGE_STATUSES = [
    {"timestamp": "soon"},
    {"errors": "text"},
    {"errors": [{"code": "x"}, 7]},
    {"recipient_id": "r" * 5000},
    {"biz_opaque_callback_data": "x" * 5000},
]


@pytest.mark.parametrize("change", STRANGE_STATUSES, ids=range(len(STRANGE_STATUSES)))
def test_a_strange_status_is_taken(stage: Stage, tenant: Tenant, change: dict[str, object]) -> None:
    event = tenant.meta_tells(f"wamid.{uuid4().hex}", "failed")
    data = event.data | {"status": event.data["status"] | change}
    assert outcome(stage.inbound, event.model_copy(update={"data": data})) == "waiting"


def test_a_status_with_an_id_that_can_not_be_kept_is_a_dead_letter(
    stage: Stage, tenant: Tenant
) -> None:
    assert refusal(stage.inbound, tenant.meta_tells("w" * 600, "sent", subject="digest"))[0] == 422


def carried(tenant: Tenant, body: bytes, **changes: str) -> Event:
    key = f"{tenant.desk.tenant_id}/{uuid4().hex}.json"
    data = {
        "bucket": "webhooks-inbound",
        "key": key,
        "content_type": "application/json",
        "body_base64": base64.b64encode(body).decode(),
    }
    return tenant.event(EventType.RAW, f"raw:{key}", key, data | changes)


@pytest.mark.parametrize("name", ["inbound", "outbound"])
def test_raw_bytes_of_three_megabytes_find_their_place(
    stage: Stage, tenant: Tenant, object_settings: ObjectSettings, name: str
) -> None:
    body = b'{"x":"' + b"\xc3\xa9" * 1_500_000 + b'"}'
    event = carried(tenant, body)
    assert outcome(function(stage, name), event) == "stored"
    store = Minio(
        object_settings.s3_endpoint_url.removeprefix("http://"),
        object_settings.s3_access_key.get_secret_value(),
        object_settings.s3_secret_key.get_secret_value(),
        secure=False,
    )
    answer = store.get_object("webhooks-inbound", event.data["key"])
    assert answer.read() == body
    answer.close()
    answer.release_conn()


@pytest.mark.parametrize("member", ["bucket", "key", "body_base64"])
def test_raw_bytes_without_a_place_are_refused(stage: Stage, tenant: Tenant, member: str) -> None:
    status, words = refusal(stage.inbound, without(carried(tenant, b"{}"), "data", member))
    assert (status, member in words) == (422, True)


def test_raw_bytes_that_are_none_are_refused(stage: Stage, tenant: Tenant) -> None:
    status, words = refusal(stage.inbound, carried(tenant, b"", body_base64="not base64"))
    assert (status, "body_base64" in words) == (422, True)


def test_more_than_an_event_can_be_is_refused(stage: Stage) -> None:
    body = json.dumps({"data": "x" * (5 * 1024 * 1024)}).encode()
    assert refusal(stage.inbound, body)[0] == 413


@pytest.mark.parametrize("name", ["inbound", "outbound"])
def test_a_stranger_is_turned_away(stage: Stage, tenant: Tenant, name: str) -> None:
    url = function(stage, name).url
    headers = {"Content-Type": CONTENT_TYPE}
    body = tenant.customer_writes().encode()
    assert requests.post(url, data=body, headers=headers, timeout=WAIT_S).status_code == 401
