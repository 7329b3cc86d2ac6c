"""Counts what became of every line: lost, doubled, out of order, not knowable.

Order is what the door saw: A goes before B when A was answered 200 before B was first tried. A
sender that repeats A later, beside B, has given up their order itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Written:
    """A line somebody wrote. `first`, `taken`: when its webhook was first tried and answered 200.

    In seconds since the epoch; never taken is infinite.
    """

    thread: str
    text: str
    first: float
    taken: float


@dataclass(frozen=True, slots=True)
class Got:
    """A line that reached the other side. `again`: the provider knew its id and time already."""

    text: str
    at: float
    again: bool = False


@dataclass(frozen=True)
class Row:
    """One scenario's figures, as they are printed and kept."""

    scenario: str
    came_in: int
    went_out: int
    lost: int
    doubled: int
    misordered: int
    unknown: int
    recovery_s: float

    @property
    def good(self) -> bool:
        """Whether the promise held."""
        return not (self.lost or self.doubled or self.misordered)

    def record(self) -> dict[str, str | int | float]:
        """As it is kept in latest.json."""
        return {
            "scenario": self.scenario,
            "in": self.came_in,
            "out": self.went_out,
            "lost": self.lost,
            "doubled": self.doubled,
            "misordered": self.misordered,
            "unknown": self.unknown,
            "recovery_s": round(self.recovery_s, 1),
        }


@dataclass
class Tally:
    """What one scenario is judged by.

    `unknowable`: whether this fault can hide from us what a provider did; then a repeated send
    under the same id and time is `unknown` and not `doubled`. `answers_lost`: sends that a provider
    took and whose answer was cut off. `receipts_lost`: agents' lines that never got their receipt.
    """

    written: Sequence[Written]
    got: Mapping[str, Sequence[Got]]  # by thread, in the order of arrival
    unknowable: bool = False
    answers_lost: int = 0
    receipts_lost: Sequence[str] = ()
    faults: list[str] = field(default_factory=list)  # what was wrong, in words

    def row(self, scenario: str, healed_at: float) -> Row:
        """Judge it. `healed_at`: when the last thing was mended; recovery counts from there."""
        self.faults = []
        lost = self._lost()
        doubled, again = self._doubled()
        misordered = self._misordered()
        return Row(
            scenario,
            len(self.written),
            len(self.written) - lost,
            lost + len(self.receipts_lost),
            doubled,
            misordered,
            again + self.answers_lost,
            self._recovery(healed_at),
        )

    def _lost(self) -> int:
        lost = [
            w for w in self.written if w.text not in {g.text for g in self.got.get(w.thread, ())}
        ]
        self.faults += [f"lost: {w.thread} {w.text!r}" for w in lost]
        self.faults += [f"no receipt: {text!r}" for text in self.receipts_lost]
        return len(lost)

    def _doubled(self) -> tuple[int, int]:
        doubled, again = 0, 0
        for thread, lines in self.got.items():
            seen: set[str] = set()
            for line in lines:
                if line.text not in seen:
                    seen.add(line.text)
                elif line.again and self.unknowable:
                    again += 1
                else:
                    doubled += 1
                    self.faults.append(f"doubled: {thread} {line.text!r}")
        return doubled, again

    def _misordered(self) -> int:
        written = {(w.thread, w.text): w for w in self.written}
        count = 0
        for thread, lines in self.got.items():
            seen: set[str] = set()
            latest_first = -NEVER
            for line in lines:
                known = written.get((thread, line.text))
                if known is None or line.text in seen:
                    continue
                seen.add(line.text)
                if known.taken < latest_first:
                    count += 1
                    self.faults.append(f"out of order: {thread} {line.text!r}")
                latest_first = max(latest_first, known.first)
        return count

    def _recovery(self, healed_at: float) -> float:
        before = {(w.thread, w.text) for w in self.written if w.first <= healed_at}
        late = [
            line.at - healed_at
            for thread, lines in self.got.items()
            for line in lines
            if (thread, line.text) in before and not line.again
        ]
        return max([0.0, *late])
