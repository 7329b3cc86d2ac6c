"""The pages, and what of them can be checked: links, code spans, blocks, headings."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """All but the fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def blocks(self) -> str:
        """The fenced blocks alone."""
        return "\n".join(_FENCE.findall(self.text))

    @property
    def spans(self) -> list[str]:
        """What stands in backticks within a line."""
        return _SPAN.findall(self.prose)

    @property
    def links(self) -> list[str]:
        return _LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """The headings as GitHub names them in links."""
        words = (
            re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(self.prose)
        )
        return {word.strip().replace(" ", "-") for word in words}


def pages() -> list[Page]:
    """Everything that a reader is given."""
    named = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [Page(path) for path in [*named, *sorted((ROOT / "docs").rglob("*.md"))]]
