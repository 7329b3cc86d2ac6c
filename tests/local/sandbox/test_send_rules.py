"""What Meta refuses beyond the schema: templates, reactions, BSUIDs, counts; and its settings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.sandbox.support import World, text_message

ASHA = "919876543210"
USER = "US.13491208655302741918"


def sending(kind: str, part: Any, **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": ASHA, "type": kind, kind: part} | more


def template(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"name": "order", "language": {"code": "en"}}
    if components:
        made["components"] = list(components)
    return sending("template", made, **more)


def body(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "body", "parameters": list(parameters)}


def header(kind: str, part: Any) -> dict[str, Any]:
    return {"type": "header", "parameters": [{"type": kind, kind: part}]}


def words(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def button(sub_type: str, index: Any, *parameters: dict[str, Any]) -> dict[str, Any]:
    part = {"type": "button", "sub_type": sub_type, "index": index}
    return {**part, "parameters": list(parameters)}


def known(world: World, **more: Any) -> None:
    """Let Meta know the template `order` in English."""
    told = {"waba_id": world.waba, "name": "order", "language": "en", **more}
    world.sandbox.setup({"templates": [told]}, add=True)


URL = {"type": "url", "text": "Track", "dynamic": True}
PLAIN_URL = {"type": "url", "text": "Shop"}
QUICK = {"type": "quick_reply", "text": "Yes"}
COUPON = {"type": "copy_code", "text": "Copy"}
CODE = {"type": "coupon_code", "coupon_code": "TEA10"}
SUFFIX = words("8812")
BAD: dict[str, tuple[dict[str, Any], dict[str, Any], int, str]] = {
    "other language": ({"language": "en_US"}, template(), 132001, "does not exist in en"),
    "pending": ({"status": "PENDING"}, template(), 132001, "does not exist"),
    "paused": ({"status": "PAUSED"}, template(), 132015, ""),
    "disabled": ({"status": "DISABLED"}, template(), 132016, ""),
    "too few": ({"body_parameters": 2}, template(body(words("a"))), 132000, "(1)"),
    "too many": ({}, template(body(words("a"))), 132000, "expected number of params (0)"),
    "without names": (
        {"parameter_names": ["who"]},
        template(body(words("a"))),
        100,
        "Parameter name is missing or empty",
    ),
    "another name": (
        {"parameter_names": ["who"]},
        template(body(words("a", parameter_name="whom"))),
        132000,
        "body",
    ),
    "a name too many": (
        {"parameter_names": ["who"]},
        template(body(words("a", parameter_name="who"), words("b", parameter_name="what"))),
        132000,
        "body",
    ),
    "names where there are none": (
        {"body_parameters": 1},
        template(body(words("a", parameter_name="who"))),
        100,
        "no named",
    ),
    "no picture": ({"header": "image"}, template(), 132012, "expected IMAGE, received UNKNOWN"),
    "words for a picture": (
        {"header": "image"},
        template({"type": "header", "parameters": [words("a")]}),
        132012,
        "received TEXT",
    ),
    "a header of nothing": (
        {},
        template({"type": "header", "parameters": [words("a")]}),
        132000,
        "header",
    ),
    "no words in the header": (
        {"header": "text", "header_parameters": 1},
        template(),
        132000,
        "header",
    ),
    "no suffix": ({"buttons": [URL]}, template(), 131008, "index 0 of type Url"),
    "no coupon": ({"buttons": [COUPON]}, template(), 131008, "Copy_Code"),
    "a suffix too many": (
        {"buttons": [PLAIN_URL]},
        template(button("url", "0", SUFFIX)),
        132018,
        "takes no parameter",
    ),
    "no such button": (
        {"buttons": [QUICK]},
        template(button("quick_reply", "1", {"type": "payload", "payload": "x"})),
        132018,
        "index 1",
    ),
    "another button": ({"buttons": [QUICK]}, template(button("url", 0, SUFFIX)), 132018, "url"),
    "too long a text": (
        {"body": "Hello {{1}}", "body_parameters": 1},
        template(body(words("x" * 1020))),
        132005,
        "1026",
    ),
    "an empty parameter": ({"body_parameters": 1}, template(body(words(""))), 131008, "empty"),
    "a tab": ({"body_parameters": 1}, template(body(words("a\tb"))), 132000, "tab"),
    "five blanks": ({"body_parameters": 1}, template(body(words("a     b"))), 132000, "blanks"),
    "a picture of nobody's": (
        {"header": "image"},
        template(header("image", {"id": "9"})),
        100,
        "['image']['id'] is not a valid",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_template_that_does_not_fit_is_refused(world: World, case: str) -> None:
    facts, sent, code, told = BAD[case]
    known(world, **facts)
    got = world.graph(sent)
    error = got.json()["error"]
    assert error["code"] == code, error
    assert told in error["message"] + error.get("error_data", {}).get("details", "")
    assert world.got() == []


GOOD: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
    "plain": ({"body": "Hello"}, template(), "Hello"),
    "positional": (
        {"body": "{{1}} and {{2}}", "body_parameters": 2},
        template(body(words("a"), words("b"))),
        "a and b",
    ),
    "named": (
        {"body": "{{who}}: {{what}}", "parameter_names": ["who", "what"]},
        template(body(words("tea", parameter_name="what"), words("Ana", parameter_name="who"))),
        "Ana: tea",
    ),
    "money": (
        {"body": "Pay {{1}}", "body_parameters": 1},
        template(
            body(
                {
                    "type": "currency",
                    "currency": {"fallback_value": "5 €", "code": "EUR", "amount_1000": 5000},
                }
            )
        ),
        "Pay 5 €",
    ),
    "no text known": ({}, template(), None),
    "upper case": (
        {"body_parameters": 1},
        template({"type": "BODY", "parameters": [words("a")]}),
        None,
    ),
    "place": (
        {"header": "location"},
        template(
            header(
                "location",
                {"latitude": "1.5", "longitude": "2", "name": "n", "address": "a"},
            )
        ),
        None,
    ),
    "buttons": (
        {"buttons": [QUICK, URL, COUPON]},
        template(button("url", 1, SUFFIX), button("copy_code", "2", CODE)),
        None,
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_template_that_fits_is_read_as_its_text(world: World, case: str) -> None:
    facts, sent, text = GOOD[case]
    known(world, **facts)
    world.wamid(sent)
    assert [m.text for m in world.got()] == [text]


def test_the_code_of_blanks_is_a_setting(world: World) -> None:
    world.sandbox.settings(graph={"blank_parameter_code": 132018})
    known(world, body_parameters=1)
    assert world.graph(template(body(words("a\nb")))).json()["error"]["code"] == 132018


def test_authentication_can_not_go_to_a_scoped_id(world: World) -> None:
    known(world, category="AUTHENTICATION")
    sent = {k: v for k, v in template().items() if k != "to"} | {"recipient": USER}
    assert world.graph(sent).json()["error"]["code"] == 131062
    assert world.graph(template()).status_code == 200


def test_who_stopped_marketing_gets_none(world: World) -> None:
    known(world, category="MARKETING")
    world.sandbox.meta_change(world.number, "user_preferences", wa_id=ASHA, wait=True)
    world.wamid(template())
    assert world.statuses(1)[0]["errors"][0]["code"] == 131050
    world.sandbox.settings(graph={"statuses": ["sent"]})
    resume: dict[str, Any] = {"wa_id": ASHA, "value": "resume"}
    world.sandbox.meta_change(world.number, "user_preferences", wait=True, **resume)
    world.wamid(template())
    assert world.statuses(2)[1]["status"] == "sent"


def test_a_reaction_needs_its_message(world: World) -> None:
    wamid = world.opened(ASHA)
    assert world.graph(sending("reaction", {"message_id": wamid, "emoji": ""})).status_code == 200
    strange = sending("reaction", {"message_id": "wamid.none", "emoji": "x"})
    assert world.graph(strange).json()["error"]["code"] == 131009
    world.sandbox.settings(graph={"unknown_reaction_target": "accept"})
    assert world.graph(strange).status_code == 200


@pytest.mark.parametrize("whose", ["another number's", "the business's own", "nobody's"])
def test_only_what_this_number_got_can_be_read(world: World, whose: str) -> None:
    other = World(world.sandbox, world.receiver)
    world.sandbox.setup(other.described(), add=True)
    world.opened(ASHA)
    wamid = {
        "another number's": other.opened(ASHA),
        "the business's own": world.wamid(text_message()),
        "nobody's": "wamid.none",
    }[whose]
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    got = world.graph(read)
    assert (got.status_code, got.json()["error"]["code"]) == (400, 100)


@pytest.mark.parametrize(
    "wrong",
    [{"typing_indicator": {"type": "audio"}}, {"typing_indicator": {}}, {"to": ASHA}, {"x": 1}],
)
def test_a_strange_reading_is_refused(world: World, wrong: dict[str, Any]) -> None:
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": world.opened(ASHA)}
    assert world.graph(read).status_code == 200
    assert world.graph(read | wrong).json()["error"]["code"] == 100


def test_what_was_read_and_who_is_typing_is_seen(world: World) -> None:
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": world.opened(ASHA)}
    world.graph(read)
    world.graph(read | {"typing_indicator": {"type": "text"}})
    thread = world.sandbox.conversation("whatsapp", world.number, ASHA)
    assert thread is not None
    assert thread.messages[0].extra["seen"] == ["read", "typing"]


def test_what_is_too_old_is_not_read(world: World) -> None:
    world.sandbox.settings(graph={"read_days": 0})
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": world.opened(ASHA)}
    assert world.graph(read).json()["error"]["code"] == 100


def test_a_number_may_be_known_by_another_spelling(world: World) -> None:
    world.sandbox.settings(graph={"spellings": {"5511987654321": "551187654321"}})
    world.opened("551187654321")
    got = world.graph(text_message(to="+55 11 98765-4321")).json()
    assert got["contacts"] == [{"input": "+55 11 98765-4321", "wa_id": "551187654321"}]
    assert {s["recipient_id"] for s in world.statuses(3)} == {"551187654321"}


def test_a_quote_of_what_is_not_there_goes_without_it(world: World) -> None:
    wamid = world.opened(ASHA)
    world.wamid(text_message(context={"message_id": wamid}))
    world.wamid(text_message(context={"message_id": "wamid.old"}))
    shown = [(m.extra["quotes"], m.extra["quote_shown"]) for m in world.got()]
    assert shown == [(wamid, True), ("wamid.old", False)]


def rows(*titles: str) -> dict[str, Any]:
    made = [{"id": str(n), "title": title} for n, title in enumerate(titles)]
    action = {"button": "Pick", "sections": [{"rows": made}]}
    return sending("interactive", {"type": "list", "body": {"text": "?"}, "action": action})


def test_rows_may_have_to_differ_by_title(world: World) -> None:
    world.opened(ASHA)
    assert world.graph(rows("a", "a")).status_code == 200
    world.sandbox.settings(graph={"row_titles_unique": True})
    assert world.graph(rows("a", "a")).json()["error"]["code"] == 131009


def test_rows_differ_by_id(world: World) -> None:
    world.opened(ASHA)
    sent = rows("a", "b")
    sent["interactive"]["action"]["sections"][0]["rows"][1]["id"] = "0"
    assert world.graph(sent).json()["error"]["code"] == 131009


def test_lengths_may_be_counted_in_utf_16(world: World) -> None:
    world.opened(ASHA)
    sent = rows("😀" * 24)
    assert world.graph(sent).status_code == 200
    world.sandbox.settings(graph={"length_unit": "utf16"})
    assert world.graph(sent).json()["error"]["code"] == 100
    assert world.graph(rows("😀" * 12)).status_code == 200
    assert world.graph(text_message(text={"body": "😀" * 2049})).status_code == 400


def test_contacts_are_counted(world: World) -> None:
    world.opened(ASHA)
    world.sandbox.settings(graph={"max_contacts": 1})
    card = {"name": {"formatted_name": "A B", "first_name": "A"}}
    assert world.graph(sending("contacts", [card])).status_code == 200
    assert world.graph(sending("contacts", [card, card])).json()["error"]["code"] == 131009


def test_a_group_has_statuses_of_its_own(world: World) -> None:
    group = "Y2FwaV9ncm91cDox"
    options: dict[str, Any] = {"options": {"over": {"group_id": group}}}
    world.sandbox.customer_sends(world.number, ASHA, "group_message", wait=True, **options)
    world.sandbox.settings(limits="off", graph={"statuses": ["sent"]})
    body = {"messaging_product": "whatsapp", "recipient_type": "group", "to": group}
    got = world.graph(body | {"text": {"body": "hi"}}).json()
    assert got["contacts"] == [{"input": group}]
    (status,) = world.statuses(1)
    assert (status["recipient_type"], status["recipient_id"]) == ("group", group)


def test_a_status_by_hand_can_be_any(world: World) -> None:
    world.sandbox.settings(graph={"statuses": []})
    world.opened(ASHA)
    wamid = world.wamid(text_message())
    world.sandbox.whatsapp_status(wamid, "deleted")
    world.sandbox.whatsapp_status(wamid, "failed", 131049, recipient_id=None, timestamp=5)
    deleted, failed = world.statuses(2)
    assert deleted["status"] == "deleted"
    assert (failed["errors"][0]["code"], failed["recipient_id"]) == (131049, None)
    assert failed["timestamp"] == 5


def test_statuses_may_be_of_the_newer_shape(world: World) -> None:
    world.sandbox.settings(
        graph={"statuses": ["sent"], "status_conversation": False, "status_contacts": False}
    )
    world.opened(ASHA)
    world.wamid(text_message())
    (status,) = world.statuses(1)
    assert "conversation" not in status
    assert "pricing" in status
    assert "contacts" not in world.hooks()[-1]
