"""A broker's queue, the park and a fallible function as plain values, driven step by step.

It plays the window as the connector does, crashes it anywhere, and records what was delivered.
"""

import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable

from connector.lane import Rules
from connector.tenants import Tenants
from connector.values import Held
from connector.window import Window


def held(event_id: str, key: str, tenant: str, *, tag: int | None, now: float = 0.0) -> Held:
    return Held(
        event_id=event_id,
        key=key,
        tenant=tenant,
        channel=None,
        traceparent=None,
        raw_ref=None,
        body=b"",
        tag=tag,
        first_seen=now,
        delivered=now,
        parked=tag is None,
    )


class Model:
    """One queue. `published` is (event id, key, tenant) in order."""

    def __init__(self, published: list[tuple[str, str, str]], seed: int, *, rules: Rules) -> None:
        self.random = random.Random(seed)
        self.published = published
        self.rules = rules
        self.ready = deque(published)
        self.unacked: dict[int, tuple[str, str, str]] = {}
        self.rows: list[tuple[str, str, str]] = []
        self.delivered: dict[str, list[str]] = defaultdict(list)  # by key, first deliveries
        self.attempts: Counter[str] = Counter()
        self.down: set[str] = set()
        self.now = 0.0
        self.tag = 0
        self.start()

    def start(self) -> None:
        """A new process or channel: what was unacked comes back in order, at the head."""
        self.ready = deque([*self.unacked.values(), *self.ready])
        self.unacked = {}
        self.tenants = Tenants(8)
        self.window = Window(self.tenants, self.rules)
        self.flying: list[Held] = []
        self.answer: Callable[[], None] | None = None
        self.window.adopt({(key, tenant): None for _, key, tenant in self.rows}, self.now)

    def step(self) -> None:
        """One thing happens."""
        often = [self.come, self.go, self.land]
        self.random.choice([*often, *often, self.keep, self.keep, self.pass_time])()
        assert self.window.unacked == len(self.unacked) <= self.rules.prefetch
        assert len(self.flying) == self.tenants.in_flight

    def come(self) -> None:
        if self.ready and len(self.unacked) < self.rules.prefetch:
            event = self.ready.popleft()
            self.tag += 1
            self.unacked[self.tag] = event
            alone = self.random.random() < 0.02
            message = held(*event, tag=self.tag, now=self.now)
            message.alone = alone
            self.window.deliver(message, self.now)

    def go(self) -> None:
        taken = self.window.take()
        if taken is not None:
            assert taken.key not in {other.key for other in self.flying}, "one at a time"
            self.flying.append(taken)

    def land(self) -> None:
        if not self.flying:
            return
        landed = self.flying.pop(self.random.randrange(len(self.flying)))
        self.attempts[landed.event_id] += 1
        luck = self.random.random()
        if luck < 0.05:
            self.window.unsent(landed, self.now, self.random.choice([0.0, 0.5, 9.0]))
        elif landed.tenant in self.down or luck < 0.25:
            landed.attempts += 1
            wait, fate_open = self.random.choice([0.1, 1.0, 9.0]), self.random.random() < 0.5
            self.window.again(landed, wait, self.now, fate_open=fate_open)
            if self.tenants.failed(landed.tenant, self.now):
                self.window.park_tenant(landed.tenant, self.now)
        else:
            if landed.event_id not in self.delivered[landed.key]:
                self.delivered[landed.key].append(landed.event_id)
            self.tenants.succeeded(landed.tenant)
            self.ack([tag for tag in [self.window.done(landed, self.now)] if tag is not None])

    def keep(self) -> None:
        """The park's one worker: what it asked for is answered in a later step, or never."""
        if self.answer is not None:
            answer, self.answer = self.answer, None
            answer()
        elif self.random.random() < 0.5:
            self.save()
        else:
            self.turn()

    def save(self) -> None:
        batch = self.window.take_unsaved()
        for item in batch:
            if item.event_id not in {event_id for event_id, _, _ in self.rows}:
                self.rows.append((item.event_id, item.key, item.tenant))
        self.answer = lambda: self.ack(self.window.saved(batch, self.now))

    def turn(self) -> None:
        turn = self.window.take_turn(4)
        self.rows = [row for row in self.rows if row[0] not in turn.gone]
        found = {key: [row for row in self.rows if row[1] == key][:2] for key in turn.keys}
        self.answer = lambda: self.hand_over(found)

    def hand_over(self, found: dict[str, list[tuple[str, str, str]]]) -> None:
        for key, rows in found.items():
            mine = [held(*row, tag=None, now=self.now) for row in rows]
            self.window.read(key, mine, self.now, self.random.choice([0.0, 0.5]))

    def pass_time(self) -> None:
        self.now += self.random.choice([0.05, 0.5, 3.0])
        self.window.tick(self.now)
        if self.random.random() < 0.2:
            self.window.hasten(self.now)
        if self.random.random() < 0.5:
            self.window.wake(self.random.choice(self.published)[0], self.now)
        for tenant in self.tenants.due_probes(self.now):
            if self.window.probe(tenant):
                self.tenants.probed(tenant, self.now)

    def ack(self, tags: list[int]) -> None:
        for tag in tags:
            del self.unacked[tag]

    def settled(self) -> bool:
        return not (self.ready or self.unacked or self.rows or self.flying)
