"""One queue's events in hand: what may go now, what waits, what is parked. No I/O, no clock.

Rules: a key's events go one at a time, in order. A parked key's rows come before all that is still
unacked of it, so whatever arrives for it is parked behind them until its last row is gone; and an
event is parked together with everything before it of its key, even if its call is under way.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Container, Iterable

from connector.crowd import Crowd
from connector.lane import Lane, Rules, Turn
from connector.tenants import Tenants
from connector.values import Held


class Window:
    """The state machine of one queue on one channel. Times are monotonic seconds.

    Whoever calls must ack the tags that are returned, save what `take_unsaved` gives, and do what
    `take_turn` says, in that order.
    """

    def __init__(
        self, tenants: Tenants, rules: Rules | None = None, suspects: Container[str] = ()
    ) -> None:
        """`suspects`: the ids of events that are called alone, as they are when one is taken."""
        self.rules = rules or Rules()
        self._suspects = suspects
        self.unacked = 0
        self._tenants = tenants
        self._lanes: dict[str, Lane] = {}
        self._called: dict[str, Lane] = {}  # by the event that was called for last
        self._crowd = Crowd(self.rules)
        self._runnable: dict[str, dict[str, None]] = {}  # keys that may go, by tenant
        self._timers: list[tuple[float, str]] = []
        self._thirsty: dict[str, dict[str, None]] = {}  # parked keys to be read, by tenant
        self._probes: set[str] = set()
        self._unsaved: list[Held] = []
        self._gone: list[str] = []
        self._late: list[Held] = []

    def deliver(self, held: Held, now: float) -> None:
        """An event came. It is dispatched, waits behind its key, or is parked."""
        self.unacked += 1
        self._crowd.came(held.tenant, now)
        lane = self._lanes.setdefault(held.key, Lane(held.key, held.tenant))
        lane.waiting.append(held)
        if lane.parked or self._tenants.is_held(held.tenant) or self._crowd.is_over(held.tenant):
            self._park(lane)
        else:
            self._next(lane, now)

    def adopt(self, keys: Iterable[tuple[str, str]], now: float) -> None:
        """These keys (with their tenants) have rows. Those in hand already are left as they are."""
        for key, tenant in keys:
            if key not in self._lanes:
                lane = self._lanes[key] = Lane(key, tenant, parked=True)
                self._next(lane, now)

    def take(self) -> Held | None:
        """The next event to dispatch, its tenant's slot taken; None when nothing may go now."""
        for tenant, keys in self._runnable.items():
            key = self._choose(tenant, keys)
            if key is None:
                continue
            lane = self._lanes[key]
            alone = lane.waiting[0].alone or lane.waiting[0].event_id in self._suspects
            return self._start(lane, alone=alone) if self._tenants.lets_go(alone=alone) else None
        return None

    def _choose(self, tenant: str, keys: dict[str, None]) -> str | None:
        if not self._tenants.admits(tenant):
            return None
        if self._tenants.is_held(tenant):
            return next((key for key in keys if key in self._probes), None)
        return next(iter(keys))

    def _start(self, lane: Lane, *, alone: bool) -> Held:
        self._stand_down(lane)
        self._probes.discard(lane.key)
        self._called.pop(lane.called, None)
        held = lane.call()
        self._called[held.event_id] = lane
        self._tenants.took(held.tenant, alone=alone)
        return held

    def done(self, held: Held, now: float) -> int | None:
        """It is over, delivered or buried. The tag to ack, if it is still at the broker."""
        lane = self._landed(held)
        if held.parked:
            self._gone.append(held.event_id)
            tag = None
        else:
            tag = self._release(held)
        self._next(lane, now)
        return tag

    def unsent(self, held: Held, now: float, delay: float = 0.0) -> None:
        """It never left: it is the head of its key again, and nothing is counted."""
        lane = self._landed(held)
        lane.kept, lane.not_before = delay > 0, max(lane.not_before, now + delay)
        if held.parked:
            lane.waiting.clear()  # read again: its row may not be written yet
        else:
            lane.waiting.appendleft(held)
            if delay > self.rules.longest_hold:
                self._park(lane)
        self._next(lane, now)

    def hasten(self, now: float, tenants: Collection[str] = ()) -> None:
        """What was told to wait by `unsent`, or is of these tenants, may be tried at once."""
        for lane in [one for one in self._lanes.values() if one.kept or one.tenant in tenants]:
            lane.kept, lane.not_before = False, now
            self._next(lane, now)

    def wake(self, event_id: str, now: float) -> None:
        """The fate of this event may be known: if it waits for that, it may go."""
        lane = self._called.get(event_id)
        if lane is not None and lane.wake():
            self._next(lane, now)

    def again(self, held: Held, delay: float, now: float, *, fate_open: bool = False) -> None:
        """It failed: tried after `delay`, or a `wake` if `fate_open`. `held` has the new counts."""
        lane = self._landed(held)
        lane.wait(now + delay, fate_open=fate_open)
        if held.parked:
            self._late.append(held)
            lane.waiting.clear()
            self._next(lane, now)
            return
        lane.waiting.appendleft(held)
        too_long = held.attempts >= self.rules.tries or delay > self.rules.longest_hold
        if too_long or self._tenants.is_held(held.tenant):
            self._park(lane)
        else:
            self._next(lane, now)

    def _landed(self, held: Held) -> Lane:
        lane = self._lanes[held.key]
        lane.landed()
        self._tenants.released(held.tenant)
        return lane

    def _release(self, held: Held) -> int:
        tag = held.tag
        if tag is None:
            raise RuntimeError("an event that is not parked has a delivery tag")
        held.tag = None
        self.unacked -= 1
        self._crowd.went(held.tenant)
        return tag

    def park_tenant(self, tenant: str, now: float) -> None:
        """The tenant is held: all of it goes to the park, rows that were read are forgotten."""
        self._park_open(tenant)
        for lane in self._lanes.values():
            if lane.tenant == tenant:
                lane.waiting.clear()
                self._stand_down(lane)
                self._next(lane, now)

    def _park_open(self, tenant: str) -> None:
        for lane in self._lanes.values():
            if lane.tenant == tenant and not lane.parked:
                self._park(lane)

    def _park(self, lane: Lane) -> None:
        """Put the whole lane in line to be written, the call under way first."""
        flying = [lane.flying] if lane.flying is not None and not lane.flying.parked else []
        fresh = [*flying, *(held for held in lane.waiting if not held.parked)]
        for held in fresh:
            held.parked = True
        self._unsaved.extend(fresh)
        lane.parked = True
        lane.unsaved += len(fresh)
        lane.waiting = deque(held for held in lane.waiting if held.tag is None)
        if not lane.waiting:
            self._stand_down(lane)

    def wants_park(self) -> bool:
        """Whether `take_unsaved` or `take_turn` would give something to do."""
        return bool(self._unsaved or self._gone or self._late or self._readable())

    def _readable(self) -> bool:
        return any(
            not self._tenants.is_held(tenant) or not self._probes.isdisjoint(keys)
            for tenant, keys in self._thirsty.items()
        )

    def take_unsaved(self) -> list[Held]:
        """Events to be written to the park, in order. Give them to `saved` once they are there."""
        batch, self._unsaved = self._unsaved, []
        return batch

    def saved(self, batch: Iterable[Held], now: float) -> list[int]:
        """They are rows now. The tags to ack."""
        tags = []
        for held in batch:
            tags.append(self._release(held))
            lane = self._lanes[held.key]
            lane.unsaved -= 1
            self._next(lane, now)
        return tags

    def take_turn(self, keys: int) -> Turn:
        """What the park has to do now, reading at most so many keys, fairly between tenants."""
        turn = Turn(self._gone, self._late, self._take_thirsty(keys))
        self._gone, self._late = [], []
        return turn

    def _take_thirsty(self, limit: int) -> list[str]:
        chosen: list[str] = []
        share = max(1, limit // max(1, len(self._thirsty)))
        for tenant, keys in list(self._thirsty.items()):
            held = self._tenants.is_held(tenant)
            due = [k for k in keys if k in self._probes] if held else list(keys)
            for key in due[: min(share, limit - len(chosen))]:
                del keys[key]
                self._lanes[key].reading = True
                chosen.append(key)
            if not keys:
                del self._thirsty[tenant]
        return chosen

    def read(self, key: str, rows: list[Held], now: float, due_in: float = 0.0) -> None:
        """The next rows of a key; none means that its last one is gone."""
        lane = self._lanes[key]
        lane.was_read(now, due_in)
        if not rows and not lane.unsaved:
            lane.parked = False
        if not self._tenants.is_held(lane.tenant) or key in self._probes:
            lane.waiting.extend(rows)
        self._next(lane, now)

    def has_parked(self) -> bool:
        """Whether any key in hand has rows."""
        return any(lane.parked for lane in self._lanes.values())

    def tenant_of(self, key: str) -> str:
        """The tenant of a key in hand."""
        return self._lanes[key].tenant

    def probe(self, tenant: str) -> bool:
        """Choose one key of a held tenant to be tried. False when none is due here."""
        key = next(iter(self._thirsty.get(tenant, ())), None)
        if key is not None:
            self._probes.add(key)
        return key is not None

    def tick(self, now: float) -> None:
        """Wake the keys whose wait is over, and relieve a window that one tenant fills."""
        while self._timers and self._timers[0][0] <= now:
            lane = self._lanes.get(heapq.heappop(self._timers)[1])
            if lane is not None:
                self._next(lane, now)
        if self.unacked >= self.rules.prefetch:
            self._relieve(now)

    def _relieve(self, now: float) -> None:
        for tenant in self._crowd.suspects(now):
            lanes = [lane for lane in self._lanes.values() if lane.tenant == tenant]
            if any(lane.is_slow(now, self.rules.patience) for lane in lanes):
                self._crowd.blame(tenant, now)
                self._park_open(tenant)

    def _next(self, lane: Lane, now: float) -> None:
        if lane.flying is not None or lane.reading or lane.runnable:
            return
        if not lane.waiting and not lane.parked:
            self._lanes.pop(lane.key, None)
            self._called.pop(lane.called, None)
            self._probes.discard(lane.key)
        elif lane.not_before > now:
            if lane.timer != lane.not_before:
                lane.timer = lane.not_before
                heapq.heappush(self._timers, (lane.timer, lane.key))
        elif lane.waiting:
            lane.runnable = True
            self._runnable.setdefault(lane.tenant, {})[lane.key] = None
        elif not lane.unsaved:
            self._thirsty.setdefault(lane.tenant, {})[lane.key] = None

    def _stand_down(self, lane: Lane) -> None:
        """Take it out of those that may go. The tenant goes to the end of the line."""
        if not lane.runnable:
            return
        lane.runnable = False
        keys = self._runnable.pop(lane.tenant)
        del keys[lane.key]
        if keys:
            self._runnable[lane.tenant] = keys
