"""What a Genesys message says, in blocks that WhatsApp has a form for; each knows its own words.

A row of `outbound_types` makes blocks of a content element, `outbound_render` makes bodies of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from shared.genesys.build import Reason
from shared.transforms.outbound_files import WaFile
from shared.transforms.outbound_text import joined, line
from shared.whatsapp.interactive import Picture
from shared.wire.body import Json

NAME = 100
"""Characters of a file's name inside a line."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What cannot be sent: the code and the words of the Failed receipt for the agent."""

    reason: Reason
    words: str


NO_FILE_ADDRESS = Refusal(
    "InvalidMessageStructure",
    "The file has no address from which it can be fetched: attach it again.",
)


@dataclass(frozen=True, slots=True)
class Option:
    """What the customer can choose, and what Genesys is told when they do.

    `numbered`: its number in the message was shown, so that it can be typed.
    """

    text: str
    payload: str
    type: Literal["Button", "QuickReply", "DatePicker"]
    numbered: bool = False


class BlockPlace(NamedTuple):
    """Where a block that can show a file stands in its message; both count from 1.

    It is the same whatever became of the message's files.
    """

    element: int
    block: int


@dataclass(frozen=True, slots=True)
class Words:
    """Text."""

    words: str


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file and its caption; without the file its name is shown, and where it lies."""

    file: WaFile | None
    label: str
    name: str | None = None
    url: str | None = None
    caption: str | None = None
    place: BlockPlace | None = None

    @property
    def words(self) -> str:
        """`[image: name] caption`."""
        head = f"[{self.label}: {line(self.name, NAME)}]" if self.name else f"[{self.label}]"
        return f"{head} {self.caption}" if self.caption else head


@dataclass(frozen=True, slots=True)
class Choice:
    """One option as it is offered: a longer detail beside it, under the heading of its section."""

    option: Option
    detail: str | None = None
    section: str | None = None

    @property
    def words(self) -> str:
        """Title and detail on one line."""
        said = " ".join(self.option.text.split())
        return f"{said} - {' '.join(self.detail.split())}" if self.detail else said


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with its options.

    `joins`: its options are loose elements that belong with their neighbours; `lead`: the text of
    the message is its question; `rows_only`: a list also when buttons would do.
    """

    question: str
    choices: tuple[Choice, ...]
    picture: Picture | None = None
    joins: bool = False
    lead: bool = True
    rows_only: bool = False
    label: str | None = None
    place: BlockPlace | None = None

    @property
    def words(self) -> str:
        """The question and a bullet an option, under the headings."""
        return joined([self.question, *self.lines("•" for _ in self.choices)])

    def lines(self, marks: Iterator[str]) -> Iterator[str]:
        """The options under their headings, each behind its mark."""
        section = None
        for mark, choice in zip(marks, self.choices, strict=False):
            if choice.section and choice.section != section:
                yield choice.section
            section = choice.section
            yield f"{mark} {choice.words}"


@dataclass(frozen=True, slots=True)
class Visit:
    """A page to open."""

    body: str
    label: str
    url: str
    picture: Picture | None = None
    place: BlockPlace | None = None

    @property
    def words(self) -> str:
        """The text, and the link as a line."""
        return joined([self.body, f"• {self.label}: {self.url}"])


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the map."""

    content: Json
    words: str


@dataclass(frozen=True, slots=True)
class TemplateButton:
    """A template's button that takes a parameter; `option` when a tap on it comes back to us."""

    index: int
    kind: Literal["quick_reply", "url", "copy_code"]
    value: str
    option: Option | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """An approved template with its parameters; `words` is how it reads."""

    name: str
    language: str
    components: tuple[Json, ...]
    buttons: tuple[TemplateButton, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that cannot be sent; the rest can."""

    refusal: Refusal
    words: str = ""


Block = Words | Enclosed | Ask | Visit | Place | Filled | Lost


def placed(element: int, blocks: Sequence[Block]) -> list[Block]:
    """The blocks of one element of the content, with their places where they can show a file."""
    return [
        replace(block, place=BlockPlace(element, number))
        if isinstance(block, Enclosed | Ask | Visit)
        else block
        for number, block in enumerate(blocks, start=1)
    ]
