from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.genesys.payloads import read
from shared.transforms.inbound import Context, File, Quote, Tap, to_genesys
from shared.transforms.outbound import Outbound, Refusal, to_whatsapp
from shared.transforms.outbound_text import formatted
from shared.whatsapp.items import Customer
from shared.whatsapp.payloads import loads
from shared.wire.words import cleaned, visible
from tests.transforms.test_text import unicode
from tests.wire.schemas import OPEN_MESSAGE, OPEN_STRUCTURED, faults

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
repeated = st.builds(lambda text, times: text * times, unicode, st.integers(1, 90))


@given(repeated, st.booleans())
def test_any_text_reaches_the_agent_whole(text: str, escaped: bool) -> None:  # noqa: FBT001  drawn
    raw = json.dumps(
        {"id": "wamid.1", "type": "text", "text": {"body": text}}, ensure_ascii=escaped
    )
    made = to_genesys(loads(raw.encode()), Customer(wa_id="15550001111"), received_at=NOON)
    sent = "".join(part.body["text"] for part in made.parts)
    if visible(text):
        assert _letters(sent) == _letters(text)
    else:
        assert sent.startswith("[")
    assert [part.id for part in made.parts[1:]] == [
        f"wamid.1#{number}" for number in range(2, len(made.parts) + 1)
    ]


@given(repeated, unicode)
def test_any_caption_and_quote_reach_the_agent_with_the_file(caption: str, quote: str) -> None:
    raw = json.dumps(
        {
            "id": "wamid.1",
            "type": "image",
            "image": {"id": "1", "caption": caption},
            "context": {"id": "wamid.Q"},
        }
    )
    made = to_genesys(
        loads(raw.encode()),
        Customer(wa_id="15550001111"),
        received_at=NOON,
        context=Context(quote=Quote(quote, by_customer=False)),
        file=File("https://files.example/1", "image/jpeg", "Image"),
    )
    quoted, *rest = "".join(part.body["text"] for part in made.parts).split("\n", 1)
    assert quoted.startswith("> ")
    assert _letters("".join(rest)) == _letters(caption)
    assert [bool(part.body.get("content")) for part in made.parts] == [
        number == 0 for number in range(len(made.parts))
    ]
    assert [fault for part in made.parts for fault in faults(OPEN_MESSAGE, part.body)] == []


@given(unicode, unicode)
def test_any_tap_goes_back_as_it_was_offered(text: str, payload: str) -> None:
    tap = Tap("a" * 32, "QuickReply", text, payload)
    message = {"type": "interactive", "interactive": {"button_reply": {"id": "1", "title": "T"}}}
    made = to_genesys(
        message, Customer(wa_id="15550001111"), received_at=NOON, context=Context(tap=tap)
    )
    [part] = made.parts
    assert part.body["buttonResponse"]["text"] == (text if visible(text) else "T")
    assert part.body["buttonResponse"]["payload"] == (
        payload or part.body["buttonResponse"]["text"]
    )
    assert faults(OPEN_STRUCTURED, part.body) == []


@given(repeated)
def test_any_text_reaches_the_customer_whole(text: str) -> None:
    made = to_whatsapp(read({"id": "g", "type": "Text", "text": text}), "15550001111")
    if not visible(text):
        assert isinstance(made, Refusal)
        return
    assert isinstance(made, Outbound)
    sent = "".join(part.body["text"]["body"] for part in made.parts)
    assert _letters(sent) == _letters(formatted(cleaned(text)))


def _letters(text: str) -> str:
    """All that is to be seen: a piece that shows nothing may be left out, a control always is."""
    return "".join(filter(visible, text))
