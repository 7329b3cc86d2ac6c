"""What Meta's side refuses, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.local.sandbox.support import World, text_message
from tests.waits import WAIT_S


def interactive(action: dict[str, Any], kind: str = "button", **more: Any) -> dict[str, Any]:
    body = {"type": kind, "body": {"text": "choose"}, "action": action, **more}
    return text_message(type="interactive", interactive=body) | {"text": None}


def buttons(*replies: tuple[str, str]) -> dict[str, Any]:
    made = [{"type": "reply", "reply": {"id": i, "title": t}} for i, t in replies]
    return without(interactive({"buttons": made}), "text")


def rows(*counts: int) -> dict[str, Any]:
    sections = [
        {"title": f"s{n}", "rows": [{"id": f"{n}-{i}", "title": f"r{i}"} for i in range(count)]}
        for n, count in enumerate(counts)
    ]
    action = {"button": "Pick", "sections": sections}
    return without(interactive(action, "list"), "text")


def products(*counts: int) -> dict[str, Any]:
    sections = [
        {"title": f"s{n}", "product_items": [{"product_retailer_id": "p"}] * count}
        for n, count in enumerate(counts)
    ]
    header = {"type": "text", "text": "h"}
    action = {"catalog_id": "c", "sections": sections}
    return without(interactive(action, "product_list", header=header), "text")


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {k: v for k, v in body.items() if k not in names}


def of(kind: str, part: Any) -> dict[str, Any]:
    return without(text_message(type=kind, **{kind: part}), "text")


def template(**more: Any) -> dict[str, Any]:
    return of("template", {"name": "order_update", "language": {"code": "en_US"}} | more)


CASES: dict[str, tuple[dict[str, Any], int, int, str]] = {
    "no product": (without(text_message(), "messaging_product"), 400, 100, "messaging_product"),
    "other product": (text_message(messaging_product="sms"), 400, 100, "messaging_product"),
    "no recipient": (without(text_message(), "to"), 400, 100, ""),
    "recipient in words": (text_message(to="the customer"), 400, 100, "to"),
    "unknown type": (text_message(type="telegram"), 400, 100, "type must be one of"),
    "no text": (without(text_message(), "text"), 400, 100, "The parameter text is required"),
    "no body": (text_message(text={}), 400, 100, "The parameter text['body'] is required"),
    "empty body": (text_message(text={"body": ""}), 400, 100, ""),
    "long body": (text_message(text={"body": "x" * 4097}), 400, 100, "at most 4096"),
    "unknown key": (text_message(text={"body": "x", "a": 1}), 400, 100, 'Unexpected key "a"'),
    "unknown top key": (text_message(extra=1), 400, 100, 'Unexpected key "extra"'),
    "two contents": (text_message(image={"link": "https://a/b.png"}), 400, 100, ""),
    "caption on audio": (
        of("audio", {"link": "https://a/b.mp3", "caption": "x"}),
        400,
        100,
        'Unexpected key "caption" on param "audio"',
    ),
    "id and link": (of("image", {"id": "1", "link": "https://a/b.png"}), 400, 100, ""),
    "long callback data": (text_message(biz_opaque_callback_data="x" * 513), 400, 100, "512"),
    "four buttons": (buttons(*[(str(n), f"t{n}") for n in range(4)]), 400, 131009, ""),
    "long button title": (buttons(("1", "x" * 21)), 400, 131009, ""),
    "same button id": (buttons(("1", "a"), ("1", "b")), 400, 131009, "twice"),
    "same button title": (buttons(("1", "a"), ("2", "a")), 400, 131009, "twice"),
    "eleven rows in two sections": (rows(6, 5), 400, 131009, "10"),
    "thirty-one products": (products(16, 15), 400, 131009, "30"),
    "no action": (
        of("interactive", {"type": "button", "body": {"text": "x"}}),
        400,
        131008,
        "action",
    ),
    "latitude": (of("location", {"latitude": 90.1, "longitude": 0}), 400, 131009, "latitude"),
    "only formatted name": (of("contacts", [{"name": {"formatted_name": "A"}}]), 400, 131009, ""),
    "unknown template": (template(), 404, 132001, "order_update"),
    "language with dash": (template(language={"code": "en-US"}), 400, 131009, ""),
    "newline in a parameter": (
        template(components=[{"type": "body", "parameters": [{"type": "text", "text": "a\nb"}]}]),
        400,
        132000,
        "new-line",
    ),
    "unknown message read": (
        {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.none"},
        400,
        100,
        "message id",
    ),
    "other status": (
        {"messaging_product": "whatsapp", "status": "delivered", "message_id": "x"},
        400,
        100,
        "status",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_bad_send_is_refused(world: World, case: str) -> None:
    body, status, code, words = CASES[case]
    world.opened()
    got = world.graph(body)
    error = got.json()["error"]
    assert (got.status_code, error["code"]) == (status, code), error
    assert set(error) >= {"message", "type", "code", "fbtrace_id"}
    assert words in error["message"] + error.get("error_data", {}).get("details", "")
    conversation = world.sandbox.conversation("whatsapp", world.number, "919876543210")
    assert conversation is not None
    assert conversation.texts("got") == []


@pytest.mark.parametrize(
    "data", [b"", b"not json", b"[1]", b'{"to":', b"\xff\xfe", b"[" * 5000, b'"text"']
)
def test_a_body_that_is_no_object_is_refused(world: World, data: bytes) -> None:
    got = world.graph(None, data=data)
    assert (got.status_code, got.json()["error"]["code"]) == (400, 100)


@pytest.mark.parametrize(
    ("over", "status", "code", "kind"),
    [
        ({"token": "EAAother"}, 401, 190, "OAuthException"),
        ({"headers": {"Authorization": ""}}, 401, 190, "OAuthException"),
        ({"headers": {"Authorization": "Basic eDp5"}}, 401, 190, "OAuthException"),
        ({"number": "999"}, 400, 100, "GraphMethodException"),
        ({"version": "v1.0"}, 400, 2500, "OAuthException"),
    ],
)
def test_a_stranger_is_refused(
    world: World, over: dict[str, Any], status: int, code: int, kind: str
) -> None:
    got = world.graph(text_message(), **over)
    error = got.json()["error"]
    assert (got.status_code, error["code"], error["type"]) == (status, code, kind)


def test_an_expired_token_is_refused(world: World) -> None:
    expired = {"token": "EAAold", "phone_number_ids": [world.number], "expired": True}
    world.sandbox.setup({**world.described(), "access_tokens": [expired]}, add=True)
    got = world.graph(text_message(), token="EAAold")
    assert (got.status_code, got.json()["error"]["code"]) == (401, 190)


def test_a_number_of_another_token_is_as_unknown(world: World) -> None:
    other = World(world.sandbox, world.receiver)
    world.sandbox.setup(other.described(), add=True)
    got = world.graph(text_message(), token=other.graph_token)
    assert got.json()["error"]["error_subcode"] == 33


def test_unknown_top_level_keys_can_be_ignored(world: World) -> None:
    world.opened()
    world.sandbox.settings(graph={"unknown_top_level": "ignore"})
    assert world.graph(text_message(extra=1)).status_code == 200


def test_free_text_without_a_word_from_the_customer_is_refused(world: World) -> None:
    assert world.graph(text_message()).json()["error"]["code"] == 131047


def test_the_sender_itself_and_strangers_to_a_test_number_are_refused(world: World) -> None:
    described = world.described()
    described["phone_numbers"][0]["allowed_recipients"] = ["491"]
    world.sandbox.setup(described, add=True)
    assert world.graph(text_message(to=world.display)).json()["error"]["code"] == 131021
    assert world.graph(text_message()).json()["error"]["code"] == 131030


def test_too_much_to_one_customer_is_refused(world: World) -> None:
    world.opened()
    world.sandbox.settings(graph={"pair_burst": 3})
    codes = [world.graph(text_message()) for _ in range(4)]
    assert [c.status_code for c in codes] == [200, 200, 200, 400]
    assert codes[-1].json()["error"]["code"] == 131056


def test_too_much_from_one_number_is_refused(world: World) -> None:
    world.opened()
    world.sandbox.settings(graph={"number_rate_per_second": 1, "rate_limit_status": 429})
    world.graph(text_message())
    got = world.graph(text_message())
    assert (got.status_code, got.json()["error"]["code"]) == (429, 130429)


def test_limits_can_be_lifted(world: World) -> None:
    world.sandbox.settings(limits="off", graph={"pair_burst": 1})
    assert [world.graph(text_message()).status_code for _ in range(3)] == [200] * 3


def test_a_known_template_needs_its_parameters(world: World) -> None:
    known = {"name": "order_update", "language": "en_US", "body_parameters": 1}
    described = world.described() | {"templates": [{"waba_id": world.waba, **known}]}
    world.sandbox.setup(described, add=True)
    assert world.graph(template()).json()["error"]["code"] == 132000
    parameters = [{"type": "text", "text": "a"}]
    good = world.graph(template(components=[{"type": "body", "parameters": parameters}]))
    assert good.json()["messages"][0]["message_status"] == "accepted"


def test_another_path_has_a_graph_error(world: World) -> None:
    got = requests.get(f"{world.sandbox.graph_url}/v23.0/me", timeout=WAIT_S)
    assert (got.status_code, got.json()["error"]["code"]) == (400, 2500)
