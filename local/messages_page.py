"""Writes docs/messages.md: `python -m local.messages_page > docs/messages.md`.

The tables are those that the transforms translate by, so the page cannot say anything else.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from local.settings_page import table
from shared.genesys.build import TEXT_LIMIT as AGENT_LIMIT
from shared.transforms.account_notes import NOTES
from shared.transforms.changes import CHANGES
from shared.transforms.inbound_attributes import ALL, FACTS
from shared.transforms.inbound_types import TYPES
from shared.transforms.outbound_types import CONTENT
from shared.transforms.receipts import RECEIPTS
from shared.whatsapp.build import TEXT_LIMIT as CUSTOMER_LIMIT
from shared.whatsapp.media import GENESYS_MAX_BYTES, MAX_BYTES, MEGABYTE

INTRO = """\
# Messages

What each kind of message becomes on the other side. This page is written by `python -m local.messages_page > docs/messages.md`; a test holds it equal to the tables that the code translates by.

Nothing is dropped silently: a kind that is not in a table, or that WhatsApp and Genesys invent tomorrow, is shown in words, kept and counted. What shows nothing counts as empty, in texts, names, labels and parameters; control characters are taken out of every string.
"""  # noqa: E501  # a paragraph of Markdown is one line

AROUND = """\
Around these words the agent sees, a line each:

- `> words` of the message that this one answers, cut; `(customer)` before them when they are the customer's own; `[an earlier message]` when it is not known here. Not with a tap, which a bot reads.
- `[forwarded]`, `[forwarded many times]`, `[in a group]`, and a warning when the customer's identity is not acknowledged.
- the product that the question is about; the ad or post that started the chat, with its words and link.
- what WhatsApp reports to have gone wrong with the message.

A text over {text} characters becomes several messages, cut between words. A file that takes long is announced first and follows as a message of its own; one over {file} MB is a link. A tap on an option goes back as the answer to the message that offered it; when Genesys refuses that, as plain text. So does the number of an option that was shown with it, when a reply to that message holds the number alone.

Facts that an Architect flow can decide by come with each message as participant data, together under {attributes} bytes: {facts}.
"""  # noqa: E501

BESIDE = """\
## From WhatsApp, beside messages

Meta tells these by other webhook fields. A note is one line for operators, without personal data, as info, warning or alarm; a field that is not listed is an info.
"""  # noqa: E501

TO_CUSTOMER = """\
## From the agent to the customer

A message's own text goes out as text, over {text} characters in several messages. What it holds beside that:
"""  # noqa: E501

FILES = """\
Any other kind is shown by the words that it holds. What cannot be sent comes back to Genesys as a Failed receipt with its reason. An agent's typing is shown as typing; other events go to nobody. What WhatsApp takes as which kind of file, at most: {sizes}; a file that is too large for its kind, of another type, or made so that WhatsApp does not show it (a PNG with a palette, a JPEG for print, sound in stereo) goes as a document; text of any type as plain text; what is not taken at all as a link that opens it for 7 days. A file's type is that of its bytes, and its name ends so.
"""  # noqa: E501

LATER = """\
Meta may take a message and say a moment later (131053) that it can not use its picture or file. That part then goes again, once: a question without its picture, which is a line that opens it; a file as a document, or, when it was one, as a link (by an upload, where the channel gives Meta links). It stands behind what the agent wrote in the meantime. The agent sees one message with one receipt, and a tap on it answers that message. When it is refused once more, or what the agent wrote is no longer in S3, the agent is told; a template does not go without its file.
"""  # noqa: E501

STATUSES = """\
## Statuses to receipts

Genesys takes one final receipt a message and knows no Read. A word of Meta's that is not listed gives none.
"""  # noqa: E501


def page() -> str:
    """The whole page."""
    sizes = ", ".join(f"{kind} {_size(size)}" for kind, size in MAX_BYTES.items())
    around = AROUND.format(
        text=AGENT_LIMIT,
        file=GENESYS_MAX_BYTES // MEGABYTE,
        attributes=ALL,
        facts=", ".join(f"`{name}`" for name in FACTS),
    )
    parts: list[Iterable[str]] = [
        [INTRO, "## From WhatsApp to the agent", ""],
        table(("type", "the agent sees", "answers are free for 24 hours"), _types()),
        ["", around, BESIDE],
        table(("field", "becomes", "warning", "alarm"), _changes()),
        ["", TO_CUSTOMER.format(text=CUSTOMER_LIMIT)],
        table(("content", "the customer sees"), _content()),
        ["", FILES.format(sizes=sizes), LATER, STATUSES],
        table(("status", "receipt"), _receipts()),
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def _types() -> Iterator[tuple[str, ...]]:
    """A line a row; types that share one share the line."""
    for row in dict.fromkeys(TYPES.values()):
        names = ", ".join(f"`{name}`" for name, own in TYPES.items() if own is row)
        yield names, row.becomes, "yes" if row.opens_window else "no"


def _changes() -> Iterator[tuple[str, ...]]:
    for name, row in CHANGES.items():
        note = NOTES.get(name)
        warnings, alarms = (note.warnings, note.alarms) if note else ((), ())
        yield f"`{name}`", row.becomes, _listed(warnings), _listed(alarms)


def _listed(events: Iterable[str]) -> str:
    return ", ".join(f"`{event}`" for event in sorted(events))


def _content() -> Iterator[tuple[str, ...]]:
    yield from ((f"`{name}`", row.becomes) for name, row in CONTENT.items())


def _receipts() -> Iterator[tuple[str, ...]]:
    yield from (
        (f"`{status}`", f"`{receipt}`" if receipt else "none")
        for status, receipt in RECEIPTS.items()
    )


def _size(size: int) -> str:
    return f"{size // MEGABYTE} MB" if size >= MEGABYTE else f"{size // 1024} KB"


if __name__ == "__main__":
    sys.stdout.write(page())
