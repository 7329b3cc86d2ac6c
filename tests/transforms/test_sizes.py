"""A message far above what both clouds allow: refused in words, or shown cut with a mark."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.genesys.payloads import read
from shared.transforms.changes import HistoryMessage, Note, read_change
from shared.transforms.inbound import Inbound, to_genesys
from shared.transforms.inbound_marks import MORE
from shared.transforms.outbound import Outbound, Refusal, to_whatsapp
from shared.transforms.outbound_size import TOO_DEEP, TOO_LONG, TOO_MANY, TOO_MANY_PARTS
from shared.whatsapp.items import sender
from shared.wire.sizes import AGENTS, ALWAYS, ELEMENTS, TEXT, most_of
from tests.wire.test_sizes import nested

CUSTOMER = "4915100000101"
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def sent(**body: Any) -> Outbound | Refusal:
    made = to_whatsapp(read({"id": "g", "type": "Structured", **body}), CUSTOMER)
    assert isinstance(made, Outbound | Refusal)
    return made


def template(**parts: Any) -> Outbound | Refusal:
    element = {"contentType": "Notification", "template": {"id": "n@t", "language": "de", **parts}}
    return sent(content=[element])


def element(kind: str, **inner: Any) -> dict[str, Any]:
    return {"contentType": kind, f"{kind[0].lower()}{kind[1:]}": inner}


REPLY = element("QuickReply", text="a")
TIME = {"dateTime": "2026-11-24T10:00:00Z"}


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"text": "word " * 580_000}, TOO_LONG),
        ({"text": "a" + "\u0301" * 1_400_000}, TOO_LONG),
        ({"text": "x" * (TEXT + 1)}, TOO_LONG),
        ({"content": [element("Card", title="x" * TEXT)]}, TOO_LONG),
        ({"content": [REPLY] * (ELEMENTS + 1)}, TOO_MANY),
        ({"content": [element("Carousel", cards=[{}] * (ELEMENTS + 1))]}, TOO_MANY),
        ({"content": [element("QuickReplyV2", actions=[{}] * (ELEMENTS + 1))]}, TOO_MANY),
        (
            {"content": [element("ListPicker", sections=[{"items": [{}] * (ELEMENTS + 1)}])]},
            TOO_MANY,
        ),
        ({"content": [element("DatePicker", availableTimes=[TIME] * (ELEMENTS + 1))]}, TOO_MANY),
        ({"datePicker": {"availableTimes": [TIME] * (ELEMENTS + 1)}}, TOO_MANY),
        ({"content": [element("X", **{f"a{n}": 1 for n in range(AGENTS.values)})]}, TOO_MANY),
        ({"content": [element("X", a=nested(20))]}, TOO_DEEP),
        ({"text": "x", "content": [{"a": 1}] * 100_000}, TOO_MANY),
    ],
)
def test_an_agents_message_that_is_too_large_is_refused_in_words(
    body: Any, refusal: Refusal
) -> None:
    assert sent(**body) == refusal


@pytest.mark.parametrize("count", [500, 1000, 2000, 20_000])
def test_a_template_with_too_many_parameters_is_refused_in_words(count: int) -> None:
    body = {"text": "t", "parameters": [{"text": "123456789"}] * count}
    assert template(body=body) == TOO_MANY


def test_a_template_with_as_many_parameters_as_there_may_be_is_sent() -> None:
    made = template(body={"text": "t", "parameters": [{"text": "123456789"}] * ELEMENTS})
    assert isinstance(made, Outbound)
    [found] = made.parts[0].body["template"]["components"]
    assert len(found["parameters"]) == ELEMENTS


def test_what_a_parameter_holds_is_no_place_for_another_one() -> None:
    """Ninety that name each other twice would be more letters than there are atoms."""
    given = [{"text": f"{{{{{number + 2}}}}}" * 2} for number in range(90)]
    made = template(body={"text": "Dear {{1}}", "parameters": given})
    assert isinstance(made, Outbound)
    assert made.text == "Dear {{2}}{{2}}"


def test_words_that_their_parameters_make_too_long_are_refused() -> None:
    body = {"text": "{{1}}" * 6000, "parameters": [{"text": "x" * 30_000}]}
    made = template(body=body)
    assert isinstance(made, Refusal)
    assert "Shorten" in made.words


def test_a_message_that_becomes_too_many_is_refused() -> None:
    cards = [{"title": "t", "actions": [{"text": "a"}]}] * 60
    made = sent(content=[element("Carousel", cards=cards)] * 2)
    assert made == TOO_MANY_PARTS


def test_the_largest_message_is_sent_whole() -> None:
    made = to_whatsapp(read({"id": "g", "type": "Text", "text": "word " * (TEXT // 5)}), CUSTOMER)
    assert isinstance(made, Outbound)
    whole = "".join(part.body["text"]["body"] for part in made.parts)
    assert whole.strip() == ("word " * (TEXT // 5)).strip()


def shown(**message: Any) -> Inbound:
    told = {"id": "wamid.1", "from": CUSTOMER, "timestamp": "1764500000", **message}
    return to_genesys(told, sender(told, None), received_at=NOW)


def words(made: Inbound) -> str:
    return "".join(part.body["text"] for part in made.parts)


@pytest.mark.parametrize("text", ["word " * 580_000, "a" + "\u0301" * 1_400_000, "é" * (TEXT + 1)])
def test_a_customers_text_that_is_too_long_is_shown_cut_with_a_mark(text: str) -> None:
    made = shown(type="text", text={"body": text})
    assert words(made).startswith(text[: TEXT - 10])
    assert words(made).endswith(f"…\n{MORE}") or words(made).endswith(MORE)
    assert made.text.endswith(MORE)
    assert len(made.parts) == 17


def test_the_longest_text_of_a_customer_is_shown_whole() -> None:
    text = "x" * (TEXT - 200)
    assert words(shown(type="text", text={"body": text})) == text


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ({"type": "contacts", "contacts": [{"name": {"first_name": "A"}}] * 2000}, "[contact] A"),
        ({"type": "order", "order": {"product_items": [{"quantity": 1}] * 2000}}, "1 x ? at ?"),
    ],
)
def test_of_a_list_that_is_too_long_the_first_elements_are_shown(message: Any, line: str) -> None:
    made = words(shown(**message))
    assert made.count(line) == ELEMENTS
    assert made.endswith(MORE)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "contacts", "contacts": [{}] * 30_000},
        {"type": "unsupported", "errors": [{}] * 30_000},
        {"type": "new", "new": nested(60)},
        {"type": "new", **{f"k{number}": {"text": "a"} for number in range(30_000)}},
        {"type": "image", "image": {"id": "1", "caption": "x" * 9 * TEXT}},
    ],
)
def test_a_message_of_any_kind_that_is_too_large_is_marked(message: Any) -> None:
    made = shown(**message)
    assert words(made).endswith(MORE)
    assert len(words(made)) <= TEXT + len(MORE) + 2


def test_a_message_keeps_its_id_and_customer_however_large_it_is() -> None:
    small, large = (
        shown(type="text", text={"body": "a"}),
        shown(type="text", text={"body": "a" * 10**6}),
    )
    assert small.parts[0].id == large.parts[0].id
    assert small.kind == large.kind == "text"


def test_what_is_not_shown_of_a_message_leaves_no_mark() -> None:
    made = shown(type="text", text={"body": "hello"}, other={"a": "x" * 9 * TEXT}, more=nested(60))
    assert words(made) == made.text == "hello"


def test_of_a_form_that_is_too_long_the_beginning_is_shown() -> None:
    answers = json.dumps({f"k{number}": "v" for number in range(30_000)})
    reply = {"type": "nfm_reply", "nfm_reply": {"response_json": answers}}
    made = words(shown(type="interactive", interactive=reply))
    assert '"k1": "v"' in made
    assert made.endswith(MORE)


@pytest.mark.parametrize(
    ("field", "value", "others"),
    [
        ("messages", {"errors": [{"code": 1}] * 30_000}, 1),
        ("history", {"history": [{"errors": [{"code": 1}] * 50}] * 600}, 1),
        ("user_preferences", {"user_preferences": [{"value": "x"}] * 30_000}, 1),
        ("user_id_update", {"user_id_update": [{}] * 30_000}, 1),
        ("message_echoes", {"message_echoes": [{"to": CUSTOMER}] * 30_000}, 1),
        ("calls", {"calls": [{"from": CUSTOMER, "event": "connect"}] * 30_000}, 2),
        ("history", {"messages": [{"from": CUSTOMER}] * 30_000}, 1),
    ],
)
def test_of_a_change_with_too_many_pieces_the_first_are_read_and_the_rest_is_told(
    field: str, value: Any, others: int
) -> None:
    found = read_change(field, value)
    assert len(found) <= most_of(value) + others < 30_000
    told = [one.what for one in found if isinstance(one, Note)]
    assert sum("could not be read" in what for what in told) == 1


def test_of_history_in_few_bytes_the_first_messages_are_kept_in_order() -> None:
    messages = [{"id": str(number), "from": CUSTOMER} for number in range(ALWAYS + 5)]
    found = read_change("history", {"messages": messages})
    kept = [one.id for one in found if isinstance(one, HistoryMessage)]
    assert kept == [str(number) for number in range(ALWAYS)]
    assert [one.what for one in found if isinstance(one, Note)] == [
        "5 of its elements could not be read"
    ]


def test_of_history_as_large_as_a_body_may_be_every_message_is_kept() -> None:
    """The shortest that Meta writes: an id, a time, a type, a customer, a status, two letters."""
    message = {
        "from": CUSTOMER,
        "id": "wamid.HBgNNDkxNTEwMDAwMDEwMRUCABIYIDNBQzY5",
        "timestamp": "1764500000",
        "type": "text",
        "text": {"body": "ok"},
        "history_context": {"status": "READ"},
    }
    many = 3 * 1024 * 1024 // len(json.dumps(message))
    messages = [message | {"id": f"{message['id']}{number:05}"} for number in range(many)]
    threads = [{"id": CUSTOMER, "messages": messages}]
    found = read_change("history", {"history": [{"threads": threads}]})
    assert len(found) == many > 10 * ALWAYS
    assert all(isinstance(one, HistoryMessage) for one in found)
