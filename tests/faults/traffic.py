"""People who write at a fixed rate, both ways, and what became of every line of theirs."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.demo.world import Company
from local.sandbox.client import Conversation, Message, Sandbox
from tests.faults.tally import NEVER, Got, Written

INBOUND, OUTBOUND = "inbound", "outbound"
PEOPLE = 24  # of each company: each writes, and is written to, every second or two
FIRST_NUMBER = 4_930_000_000_000
PAGE = 1000
WORKERS = 16


@dataclass(frozen=True)
class Person:
    """A customer of a company."""

    company: Company
    number: str

    def thread(self, direction: str) -> str:
        """The name of one direction of their conversation."""
        return f"{self.company.slug}/{self.number}/{direction}"


@dataclass
class Traffic:
    """All lines of one scenario. Its people are new to all, so nothing of before is in the way."""

    sandbox: Sandbox
    people: Sequence[Person]
    rate: float
    lines: int
    sent: list[tuple[Person, str, str, int]] = field(default_factory=list)  # direction, text, seq
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def greet(self) -> None:
        """Everybody writes once: agents may answer from then on."""
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda person: self.say(person, INBOUND, "hello"), self.people))

    def run(self) -> float:
        """Write all lines, each when it is due. Gives the seconds by which the worst was late."""
        start, late, clock = time.monotonic(), 0.0, threading.Event()
        counts: Counter[str] = Counter()
        with ThreadPoolExecutor(WORKERS) as pool:
            running = []
            for number in range(self.lines):
                due = start + number / self.rate
                clock.wait(max(0.0, due - time.monotonic()))
                late = max(late, time.monotonic() - due)
                person = self.people[number // 2 % len(self.people)]
                direction = (INBOUND, OUTBOUND)[number % 2]
                thread = person.thread(direction)
                counts[thread] += 1
                text = f"{direction} line {counts[thread]}"
                running.append(pool.submit(self.say, person, direction, text))
            for one in running:
                one.result()
        return late

    def say(self, person: Person, direction: str, text: str) -> None:
        """Write one line now; it is noted with the number of its webhook."""
        if direction == INBOUND:
            self.say_together([(person, text)])
            return
        company = person.company
        said = self.sandbox.agent_says(company.integration_id, "+" + person.number, text)
        with self._lock:
            self.sent.append((person, direction, text, said.webhook["seq"]))

    def say_together(self, lines: Sequence[tuple[Person, str]]) -> None:
        """Customers of one company write, and Meta tells of all their lines in one webhook."""
        line = lines[0][0].company.phone_number_id
        first, *others = [{"from": person.number, "text": text} for person, text in lines]
        batch = [{"phone_number_id": line, **other} for other in others]
        said = self.sandbox.customer_says(line, first["from"], first["text"], batch=batch)
        seq = said.webhook["seq"]
        with self._lock:
            self.sent += [(person, INBOUND, text, seq) for person, text in lines]

    def written(self) -> list[Written]:
        """Every line with the times of its webhook."""
        times = _webhook_times(self.sandbox)
        return [
            Written(person.thread(direction), text, *times.get(seq, (NEVER, NEVER)))
            for person, direction, text, seq in self.sent
        ]

    def repeated(self) -> list[str]:
        """Webhooks of these lines that had to be sent more than once."""
        records = {record["seq"]: record for record in webhooks(self.sandbox)}
        return [
            f"sent {record['tries']} times ({_first_trouble(record)}): "
            f"{person.thread(direction)} {text!r}"
            for person, direction, text, seq in self.sent
            if (record := records[seq])["tries"] != 1
        ]

    def got(self) -> dict[str, list[Got]]:
        """What each side has, by thread."""
        found: dict[str, list[Got]] = defaultdict(list)
        for person, direction, talk in self._talks():
            for message in talk.messages:
                if message.direction == "got" and message.text is not None:
                    again = bool(message.extra.get("duplicate"))
                    got = Got(message.text, _seconds(message.time), again)
                    found[person.thread(direction)].append(got)
        return found

    def arrived(self) -> int:
        """How many different lines have arrived."""
        return sum(len({line.text for line in lines}) for lines in self.got().values())

    def unreceipted(self) -> list[str]:
        """Lines of agents whose delivery Genesys was never told of."""
        missing = []
        for company, lines in self._by_company().items():
            for talk in self.sandbox.conversations(side="genesys", line=company.integration_id):
                told = {m.text: m for m in talk.messages if m.direction == "written"}
                texts = lines.get(talk.customer.removeprefix("+"), [])
                missing += [text for text in texts if not _receipted(told.get(text))]
        return missing

    def _by_company(self) -> dict[Company, dict[str, list[str]]]:
        found: dict[Company, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for person, direction, text, _ in self.sent:
            if direction == OUTBOUND:
                found[person.company][person.number].append(text)
        return found

    def _talks(self) -> list[tuple[Person, str, Conversation]]:
        by_number = {(p.company.slug, p.number): p for p in self.people}
        found = []
        for company in {person.company for person in self.people}:
            for side, line, direction in (
                ("genesys", company.integration_id, INBOUND),
                ("whatsapp", company.phone_number_id, OUTBOUND),
            ):
                for talk in self.sandbox.conversations(side=side, line=line):
                    person = by_number.get((company.slug, talk.customer.removeprefix("+")))
                    if person is not None:
                        found.append((person, direction, talk))
        return found


def crowd(companies: Sequence[Company], scenario: int) -> list[Person]:
    """People whom nobody knows yet, of all companies in turn."""
    first = FIRST_NUMBER + scenario * 1000
    return [Person(c, str(first + number)) for number in range(PEOPLE) for c in companies]


def _receipted(message: Message | None) -> bool:
    return message is not None and any(event["status"] == "Delivered" for event in message.events)


def _webhook_times(sandbox: Sandbox) -> dict[int, tuple[float, float]]:
    """First try and good answer of every webhook, by its number."""
    return {
        record["seq"]: (_seconds(attempts[0]["time"]), _taken(attempts))
        for record in webhooks(sandbox)
        if (attempts := record["attempts"])
    }


def webhooks(sandbox: Sandbox) -> Iterator[dict[str, Any]]:
    """The record of every webhook so far."""
    since = 0
    while page := sandbox.records(kind="webhook", since=since, limit=PAGE):
        since = page[-1]["seq"]
        yield from page


def _first_trouble(record: dict[str, Any]) -> str:
    """What the first attempt met, and when."""
    first = record["attempts"][0]
    return f"{first['time']} {first['status'] or first['error']} {first['answer'][:120]}".strip()


def _taken(attempts: Sequence[dict[str, Any]]) -> float:
    for attempt in attempts:
        if attempt["status"] == 200:
            return _seconds(attempt["time"]) + float(attempt["ms"]) / 1000
    return NEVER


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
