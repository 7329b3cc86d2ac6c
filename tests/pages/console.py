"""What a page has its readers type, and what it says they see: read from its console blocks."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from tests.docs.pages import Page

_BLOCK = re.compile(r"^( *)```console\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_PROMPT = "$ "
_COMMENT = re.compile(r"\s+# .*$")
_ENDS = re.compile(r"# exit code (\d+)\b")


@dataclass(frozen=True)
class Command:
    """One command of a page, with the output that is printed under it."""

    page: str
    line: int
    text: str
    shown: tuple[str, ...]

    @property
    def first(self) -> str:
        """Its first line without a comment: so the lists of this folder name it."""
        return _COMMENT.sub("", self.text.split("\n")[0])

    @property
    def code(self) -> int:
        """How it ends: as its comment says, else with 0."""
        says = _ENDS.search(self.text.split("\n")[0])
        return int(says[1]) if says else 0

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: $ {self.text}"


def commands(page: Page) -> list[Command]:
    """All of them, in the order of the page."""
    found: list[Command] = []
    text = page.text
    for block in _BLOCK.finditer(text):
        number = text.count("\n", 0, block.start(2)) + 1
        indent = len(block[1])
        lines = [line[indent:] for line in block[2].splitlines()]
        found += _of_block(page.name, number, lines)
    return found


def _of_block(page: str, number: int, lines: list[str]) -> Iterator[Command]:
    at = 0
    while at < len(lines):
        start = at
        if not lines[at].startswith(_PROMPT):
            raise ValueError(f"{page}:{number + at}: a console block begins with a command")
        text = lines[at].removeprefix(_PROMPT)
        at += 1
        while at < len(lines) and not _whole(text):
            text += "\n" + lines[at]
            at += 1
        end = at
        while at < len(lines) and not lines[at].startswith(_PROMPT):
            at += 1
        yield Command(page, number + start, text, tuple(lines[end:at]))


def _whole(text: str) -> bool:
    """Whether the shell would run it now, and not ask for more lines."""
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    return done.returncode == 0 and not done.stderr and not text.endswith("\\")
