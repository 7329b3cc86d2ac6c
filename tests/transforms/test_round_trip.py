from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.genesys.payloads import read
from shared.transforms.inbound import to_genesys
from shared.transforms.outbound import Outbound, Refusal, to_whatsapp
from shared.transforms.outbound_text import formatted
from shared.transforms.text import visible
from shared.whatsapp.items import Customer
from shared.whatsapp.payloads import loads
from tests.transforms.test_text import unicode

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


@given(repeated)
def test_any_text_reaches_the_customer_whole(text: str) -> None:
    made = to_whatsapp(read({"id": "g", "type": "Text", "text": text}), "15550001111", callback=str)
    if not text.replace("\0", "").strip():
        assert isinstance(made, Refusal)
        return
    assert isinstance(made, Outbound)
    sent = "".join(part.body["text"]["body"] for part in made.parts)
    assert _letters(sent) == _letters(formatted(text))


def _letters(text: str) -> str:
    """All that is to be seen: a piece of blanks alone may be left out, a NUL always is."""
    return "".join(text.replace("\0", "").split())
