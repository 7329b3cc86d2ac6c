"""Whether what a command said is what its page shows.

What differs from run to run (times, ids, ports, sizes) is compared as that; `…` stands for any
text within a line, and on a line of its own for any lines.
"""

import re
from collections.abc import Sequence

ANY = "…"
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_MASKS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?", "<time>"),
        (r"\b\d\d:\d\d:\d\d(?:\.\d+)?", "<time>"),
        (r"\b\d{4}-\d\d-\d\d\b", "<date>"),
        (r"wamid\.[\w+/=-]+", "<wamid>"),
        (_ID, "<id>"),
        (r"\b[0-9a-f]{32}(?:[0-9a-f]{32})?\b", "<id>"),
        (r'"id":"\d{15,17}"', '"id":"<id>"'),
        (r'"(seq|last_seq)":\d+', r'"\1":<n>'),
        (r"^\[\d+,(?=\d{3},)", "[<n>,"),
        (r"\b\d+(?:\.\d+)? (?:ms|s|MiB|KB)\b", "<size>"),
        (r"127\.0\.0\.1:\d+", "<address>"),
        (r"\bport +\d+", "port <n>"),
        (r"\bpid \d+", "pid <n>"),
        # The table of `faas-local status`: port, pid and how long; how often stays.
        (
            r"^(\S+) \d+ \d+ (ready|running) (?:\d+[smhd] ?)+(?=[\d-])",
            r"\1 <port> <pid> \2 <up> ",
        ),
    )
)
# Said by each command of `parley` that takes its settings from there.
_NOISE = re.compile(r"parley: settings from \.local/env")


def differs(shown: Sequence[str], said: str) -> str | None:
    """None when what was said is what is shown, or nothing is; else both, to be read."""
    if not shown:
        return None
    lines = [line for line in said.splitlines() if not _NOISE.fullmatch(line)]
    wanted = [_masked(line) for line in shown]
    got = [_masked(line) for line in lines]
    pattern = "".join(_pattern(line) for line in wanted)
    if re.fullmatch(pattern, "".join(f"{line}\n" for line in got)):
        return None
    return "\n".join(["the page shows", *wanted, "it said", *lines])


def _masked(line: str) -> str:
    line = re.sub(r"\s+", " ", line.rstrip())
    for pattern, words in _MASKS:
        line = pattern.sub(words, line)
    # What happened to a line of the demo is told in the order of that run.
    return " · ".join(sorted(line.strip().split(" · "))) if " · " in line else line


def _pattern(line: str) -> str:
    if line.strip() == ANY:
        return r"(?:.*\n)*?"
    return ".*?".join(re.escape(part) for part in line.split(ANY)) + r"\n"
