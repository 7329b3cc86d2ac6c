"""One message of each kind that customers can send, through everything, as the agent sees it.

What stands here is docs/messages.md with the values of the sandbox's kinds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.demo.world import World
from local.sandbox.client import Message, Sent
from local.sandbox.graph.inbound.table import KINDS
from tests.e2e.lines import Line, at_once, number, opened
from tests.stack import Stack

ASKED = "Is it *Monday*?"
ANSWERED = "Monday or Tuesday?"
FROM_AD = {
    "wa_referral_source_type": "ad",
    "wa_referral_source_id": "120226305854810726",
    "wa_referral_source_url": "https://fb.me/3cr4Wqqkv",
    "wa_referral_headline": "Autumn tea",
    "wa_referral_media_type": "image",
    "wa_referral_ctwa_clid": "Aff-n8ZTODiE79d22KtAwQKj9e",
}
MAP = "https://maps.google.com/?q="


@dataclass(frozen=True)
class Shown:
    """What the agent should see of a kind: words, or a file of a type; and what is told beside."""

    text: str | None = None
    file: tuple[str, str] | None = None
    facts: dict[str, str] = field(default_factory=dict)


EXPECTED: dict[str, Shown] = {
    "text": Shown("Hello"),
    "image": Shown(file=("Image", "image/jpeg")),
    "video": Shown(file=("Video", "video/mp4")),
    "audio": Shown(file=("Audio", "audio/mpeg")),
    "voice": Shown(file=("Audio", "audio/ogg; codecs=opus")),
    "legacy_voice": Shown(file=("Audio", "audio/ogg; codecs=opus")),
    "document": Shown(file=("File", "application/pdf")),
    "sticker": Shown(file=("Image", "image/webp")),
    "location": Shown(
        f"[location] Café Einstein\nUnter den Linden 42, Berlin\n{MAP}52.517037,13.388860"
    ),
    "pin": Shown(f"[location] {MAP}0.000000,-0.127500"),
    "contacts": Shown("[contact] Ana Souza, Souza Ltda, +55 11 98765-4321 (cell), ana@example.com"),
    "button_reply": Shown("Yes"),
    "list_reply": Shown("Tomorrow (9 to 12)"),
    "button": Shown("Confirm"),
    "flow": Shown("[flow]\nrating: 5\ncomment: Quick and kind\nagain: yes"),
    "address": Shown(
        "[address message]\nin_pin_code: 400063\nhouse_number: 12\n"
        "address: Wing A, Marine Drive\ncity: Mumbai\nname: Asha Rao\nphone_number: +919876543210"
    ),
    "call_permission_reply": Shown("[call permission] accept until 2026-11-25 09:46 UTC"),
    "order": Shown(
        "[order] 2 items, total 64.00 EUR\n2 x tea-500 at 12.50 EUR\n1 x pot-1 at 39 EUR\n"
        "Gift wrap, please"
    ),
    "reaction": Shown(f'reacted with 👍 to: "{ANSWERED}"'),
    "reaction_removed": Shown(f'removed the reaction to: "{ANSWERED}"'),
    "reply": Shown(f"> {ANSWERED}\nYes, that one"),
    "forward": Shown("[forwarded]\nLook at this"),
    "frequent_forward": Shown("[forwarded many times]\nLook at this"),
    "product_reply": Shown(
        "Is it in stock?\n[about product tea-500 of catalogue 194836987003835]",
        facts={"wa_product_id": "tea-500", "wa_catalog_id": "194836987003835"},
    ),
    "referral": Shown(
        "I saw your ad\n[came from the ad: Autumn tea]\nChat with us\nhttps://fb.me/3cr4Wqqkv",
        facts=FROM_AD,
    ),
    "group_message": Shown(
        "[in a group]\nHello, all",
        facts={"wa_group_id": str(KINDS["group_message"].fields["group_id"])},
    ),
    "number_changed": Shown("[system] User A changed from their number to 12195550012"),
    "user_id_changed": Shown(
        "[system] User A changed from US.13491208655302741918 to US.55551208655302740000"
    ),
    "identity_changed": Shown(
        "[the customer's device or number changed: make sure who it is]\n"
        "[system] User A's security code changed"
    ),
    "request_welcome": Shown("[the customer opened the chat]"),
    "unsupported": Shown("[unsupported message: poll creation]"),
    "unavailable": Shown(
        "[a message that WhatsApp does not show here: ask the customer to repeat it]"
    ),
    "unknown": Shown("[unsupported message: Message type is not currently supported]"),
    "edit": Shown(f'[edited, before: "{ASKED}"] I meant Tuesday'),
    "revoke": Shown(f'[deleted a message: "{ASKED}"]'),
    "media_error": Shown("[image, not available: Failed to download the media: ServerThrottle]"),
    "interactive_empty": Shown("[unsupported message: interactive]"),
    "new_type": Shown("[unsupported message: hologram]"),
}

# What a file is called that WhatsApp gives no name.
NAMELESS = {
    "image/jpeg": "image.jpg",
    "video/mp4": "video.mp4",
    "audio/mpeg": "audio.mp3",
    "audio/ogg; codecs=opus": "audio.ogg",
    "image/webp": "image.webp",
}
# Kinds that are about an earlier message: the field that names it, and who wrote that.
ABOUT = {
    "reply": ("reply_to", "agent"),
    "reaction": ("message_id", "agent"),
    "reaction_removed": ("message_id", "agent"),
    "edit": ("message_id", "customer"),
    "revoke": ("message_id", "customer"),
}
# What of a kind about nothing that is known here.
ABOUT_UNKNOWN = {
    "reply": "> [an earlier message]\nYes, that one",
    "reaction": "reacted with 👍",
    "reaction_removed": "removed a reaction",
    "edit": "[edited] I meant Tuesday",
    "revoke": "[deleted a message]",
}


@pytest.fixture(scope="module")
def line(stack: Stack, world: World) -> Line:
    return opened(stack, world, "inbound-types")[0]


@pytest.fixture(scope="module")
def said(line: Line) -> dict[str, Sent]:
    """One of each kind, each by a customer of its own, in a conversation where it needs one."""
    people = {kind: number(place) for place, kind in enumerate(EXPECTED)}

    def say(kind: str) -> Sent:
        who = people[kind]
        if kind not in ABOUT:
            return line.customer(who, kind)
        own = line.greets(who, ASKED)
        line.agent(who, "text", text=ANSWERED)
        [answer] = line.sent(who)
        key, by = ABOUT[kind]
        about: dict[str, Any] = {key: answer.id if by == "agent" else own.id}
        return line.customer(who, kind, **about)

    return at_once(say, EXPECTED)


@pytest.fixture(scope="module")
def seen(line: Line, said: dict[str, Sent]) -> dict[str, Message]:
    """What the agents saw of each."""
    return all_of(line, {kind: sent.id for kind, sent in said.items()})


def all_of(line: Line, wamids: dict[str, str]) -> dict[str, Message]:
    """The agents' messages by the name of the wamid that they came under, files fetched."""

    def here() -> dict[str, Message]:
        talks = line.everyone("genesys")
        by_wamid = {one.extra.get("message_id"): one for talk in talks for one in talk.messages}
        found = {name: by_wamid[wamid] for name, wamid in wamids.items() if wamid in by_wamid}
        fetched = all(len(one.files) == len(one.content or []) for one in found.values())
        return found if fetched and len(found) == len(wamids) else {}

    return line.wait(here)


def test_each_kind_of_the_sandbox_is_here() -> None:
    assert list(EXPECTED) == list(KINDS)


@pytest.mark.parametrize("kind", EXPECTED)
def test_the_agent_sees_each_kind_as_the_page_says(
    seen: dict[str, Message], said: dict[str, Sent], kind: str
) -> None:
    expected, message = EXPECTED[kind], seen[kind]
    facts = {k: v for k, v in message.extra["attributes"].items() if k not in ("wa_id", "wa_bsuid")}
    assert (message.text, facts) == (expected.text, expected.facts)
    if expected.file is None:
        assert message.content == []
        return
    [part] = message.content
    [file], [original] = message.files, said[kind].files
    told = part["attachment"]
    assert (told["mediaType"], told["mime"]) == expected.file
    assert (file.error, file.mime) == (None, expected.file[1])
    assert (file.size, file.sha256, told["sha256"]) == (original.size, *[original.sha256] * 2)
    assert told["filename"] == (original.filename or NAMELESS[told["mime"]])


@pytest.fixture(scope="module")
def unknown(line: Line) -> dict[str, Message]:
    people = {kind: number(place, 1) for place, kind in enumerate(ABOUT_UNKNOWN)}
    sent = at_once(lambda kind: line.customer(people[kind], kind), ABOUT_UNKNOWN)
    return all_of(line, {kind: one.id for kind, one in sent.items()})


@pytest.mark.parametrize("kind", ABOUT_UNKNOWN)
def test_what_is_about_an_unknown_message_says_so(unknown: dict[str, Message], kind: str) -> None:
    assert unknown[kind].text == ABOUT_UNKNOWN[kind]


def test_messages_of_every_kind_keep_their_order(line: Line) -> None:
    who = number(1, 2)
    order = ["text", "image", "location", "contacts", "voice", "order", "document", "forward"]
    wamids = [line.customer(who, kind).id for kind in order * 2]
    shown = line.shown(who, len(wamids))
    assert [one.extra["message_id"] for one in shown] == wamids


def test_forty_items_in_one_webhook_all_arrive_each_persons_in_order(line: Line) -> None:
    people = [number(place, 3) for place in range(4)]
    items = [(people[place % 4], place) for place in range(40)]
    kinds = ["text", "location", "image", "new_type"]

    def item(who: str, place: int) -> dict[str, Any]:
        kind = kinds[place // 10]
        fields = {"text": f"item {place}"} if kind == "text" else {}
        return {"from": who, "kind": kind, "fields": fields}

    first, *rest = [item(*one) for one in items]
    number_id = line.company.phone_number_id
    batch = [{"phone_number_id": number_id, **one} for one in rest]
    sent = line.customer(people[0], first["kind"], options={"batch": batch}, **first["fields"])
    assert len(sent.ids) == 40
    for place, who in enumerate(people):
        shown = line.shown(who, 10)
        assert [one.extra["message_id"] for one in shown] == sent.ids[place::4]


BSUID = "DE.1349120865530274191"
WITHOUT_NUMBER: dict[str, dict[str, Any]] = {
    "user id alone": {"user_id": f"{BSUID}1"},
    "empty from": {"user_id": f"{BSUID}2", "over": {"from": ""}, "contact": {"wa_id": ""}},
    "parent id too": {"user_id": f"{BSUID}3", "parent_user_id": "DE.ENT.5550011"},
    "no contact": {"user_id": f"{BSUID}4", "contact": False},
}


@pytest.mark.parametrize("options", WITHOUT_NUMBER.values(), ids=WITHOUT_NUMBER)
def test_a_customer_without_a_number_is_answered(line: Line, options: dict[str, Any]) -> None:
    who = str(options["user_id"])
    line.customer(None, "text", options=options, text="No number here")
    [shown] = line.shown(who)
    assert (shown.text, shown.extra["attributes"]) == ("No number here", {"wa_bsuid": who})
    line.agent(who, "text", text="None is needed")
    assert [one.text for one in line.sent(who)] == ["None is needed"]


NAMES: dict[str, tuple[dict[str, Any], str | None]] = {
    "a name": ({"profile_name": "Zoë 👩🏽"}, "Zoë 👩🏽"),
    "a username alone": ({"profile_name": None, "username": "zoe.k"}, "zoe.k"),
    "neither": ({"profile_name": None}, None),
}


@pytest.mark.parametrize(("options", "name"), NAMES.values(), ids=NAMES)
def test_the_agent_sees_who_writes(line: Line, options: dict[str, Any], name: str | None) -> None:
    who = number(list(NAMES.values()).index((options, name)), 4)
    line.customer(who, "text", options=options)
    [shown] = line.shown(who)
    username = {"wa_username": options["username"]} if "username" in options else {}
    assert shown.extra["nickname"] == name
    assert shown.extra["attributes"] == {"wa_id": who, **username}


LENGTHS: dict[str, Callable[[], str]] = {
    "4096 letters": lambda: "a" * 4096,
    "4096 letters of two units": lambda: "👋" * 4096,
    "words": lambda: "grüße " * 682,
}


@pytest.mark.parametrize("make", LENGTHS.values(), ids=LENGTHS)
def test_a_long_text_comes_whole_in_pieces(line: Line, make: Callable[[], str]) -> None:
    who, text = number(list(LENGTHS.values()).index(make), 5), make()
    sent = line.customer(who, "text", text=text)
    shown = line.shown(who, 2)
    assert "".join(one.text or "" for one in shown).replace(" ", "") == text.replace(" ", "")
    assert [one.extra["message_id"] for one in shown] == [sent.id, f"{sent.id}#2"]
    assert max(len(one.text or "") for one in shown) <= 4000


def test_nothing_is_left_over(line: Line, seen: dict[str, Message]) -> None:
    assert len(seen) == len(KINDS)
    line.nothing_is_left()
