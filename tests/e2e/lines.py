"""A company of its own for the tests of a file: its customers, its agents, and what each saw."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import yaml

from local.demo.world import Company, World
from local.sandbox.client import Conversation, Message, Sandbox, Sent
from tests.stack import Stack
from tests.waits import WAIT_S

AT_ONCE = 8  # people who do something at the same time

K = TypeVar("K")
V = TypeVar("V")

OPENED: list[Line] = []  # in this run


def address(who: str) -> str:
    """The customer as Genesys names them."""
    return f"+{who}" if who.isdecimal() else who


def number(place: int, series: int = 0) -> str:
    """A customer of a file's tests: every test has a place or a series of its own."""
    return f"49151{series:02d}{place:06d}"


@dataclass(frozen=True)
class Line:
    """One number of WhatsApp and the integration it is joined to."""

    stack: Stack
    company: Company

    @property
    def sandbox(self) -> Sandbox:
        return self.stack.sandbox

    def customer(
        self, who: str | None, kind: str, *, options: dict[str, Any] | None = None, **fields: Any
    ) -> Sent:
        """A customer sends something by its name."""
        number = self.company.phone_number_id
        return self.sandbox.customer_sends(number, who, kind, options=options, **fields)

    def agent(
        self, who: str, kind: str, *, options: dict[str, Any] | None = None, **fields: Any
    ) -> Sent:
        """An agent sends something by its name."""
        integration = self.company.integration_id
        return self.sandbox.agent_sends(integration, address(who), kind, options=options, **fields)

    def agent_side(self, who: str) -> list[Message]:
        """All of a conversation as the agent sees it."""
        found = self.sandbox.conversation("genesys", self.company.integration_id, address(who))
        return [] if found is None else found.messages

    def at_agent(self, who: str) -> list[Message]:
        """What the agent got from a customer."""
        return [one for one in self.agent_side(who) if one.direction == "got"]

    def at_customer(self, who: str) -> list[Message]:
        """What a customer got from agents."""
        found = self.sandbox.conversation("whatsapp", self.company.phone_number_id, who)
        return [] if found is None else [one for one in found.messages if one.direction == "got"]

    def everyone(self, side: str) -> list[Conversation]:
        """All conversations of one side."""
        of_genesys = side == "genesys"
        line = self.company.integration_id if of_genesys else self.company.phone_number_id
        return self.sandbox.conversations(side=side, line=line)

    def wait(self, ready: Callable[[], V], limit: float = WAIT_S) -> V:
        """The first true answer."""
        found: V = self.sandbox.wait_for(lambda _: ready(), limit)
        return found

    def shown(self, who: str, count: int = 1) -> list[Message]:
        """What the agent got, once there are so many."""
        self.wait(lambda: len(self.at_agent(who)) >= count)
        return self.at_agent(who)

    def sent(self, who: str, count: int = 1) -> list[Message]:
        """What the customer got, once there are so many."""
        self.wait(lambda: len(self.at_customer(who)) >= count)
        return self.at_customer(who)

    def receipts(self, who: str, message_id: str) -> list[dict[str, Any]]:
        """What the agent was told of one message, once something was."""

        def told() -> list[dict[str, Any]]:
            own = [one for one in self.agent_side(who) if one.id == message_id]
            return own[0].events if own else []

        return self.wait(told)

    def failure(self, who: str, message_id: str) -> tuple[str, str]:
        """Code and words of the one receipt, which says that the message failed."""
        [receipt] = self.receipts(who, message_id)
        assert receipt["status"] == "Failed"
        [reason] = receipt["reasons"]
        return reason["code"], reason["message"]

    def greets(self, who: str, text: str = "Hello") -> Sent:
        """The customer writes, so that the window is open; the agent has it."""
        before = len(self.at_agent(who))
        said = self.customer(who, "text", text=text)
        self.shown(who, before + 1)
        return said

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """Rows of this company: the query has `:tenant`."""
        return self.stack.query(sql, tenant=self.tenant_id, **values)

    @property
    def tenant_id(self) -> str:
        query = "select id::text from tenants where slug = :slug"
        return str(self.stack.query(query, slug=self.company.slug)[0][0])

    def nothing_is_left(self) -> None:
        """All that was said is over, once: nothing parked or dead, nothing twice, each its row."""
        self.wait(lambda: self.sandbox.counters().get("webhooks_pending", 0) == 0)
        self.wait(lambda: not self._open())
        self.wait(lambda: all(one.events for one in self._at_genesys() if _is_agents(one)))
        assert (
            self.rows("select reason_code, reason from dead_letters where tenant_id = :tenant")
            == []
        )
        assert self.rows("select queue, reason from parked where tenant_id = :tenant") == []
        got = self._at_genesys()
        assert [one for one in got if one.extra.get("duplicate")] == []
        written = [one for one in got if _is_agents(one)]
        assert self._counted("outbound") == len(written)
        assert [one.id for one in written if any(e["another_customer"] for e in one.events)] == []
        refused = [one for one in written if [e["status"] for e in one.events] != ["Delivered"]]
        assert [[e["status"] for e in one.events] for one in refused] == [["Failed"]] * len(refused)
        wamids = {
            str(one.extra["message_id"]).partition("#")[0] for one in got if one not in written
        }
        assert self._counted("inbound") == len(wamids)

    def _at_genesys(self) -> list[Message]:
        return [one for talk in self.everyone("genesys") for one in talk.messages]

    def _open(self) -> list[Any]:
        """Messages that are neither done nor refused for good."""
        return self.rows(
            "select source_id, state from message_tracking where tenant_id = :tenant"
            " and part = 1 and state not in ('done', 'refused', 'recorded', 'replaced')"
        )

    def _counted(self, direction: str) -> int:
        """Messages that are written down, late files and what went again apart."""
        found = self.rows(
            "select count(*) from message_tracking where tenant_id = :tenant and part = 1"
            " and direction = :direction and state in ('done', 'refused')"
            " and source_id !~ '#(file|again[0-9]+)$'",
            direction=direction,
        )
        return int(found[0][0])


def _is_agents(message: Message) -> bool:
    """Whether an agent wrote it: then its one receipt comes, however long after the message."""
    return message.direction == "written"


def opened(
    stack: Stack,
    world: World,
    *names: str,
    options: Mapping[str, dict[str, Any]] | None = None,
    templates: Iterable[dict[str, Any]] = (),
) -> list[Line]:
    """New companies that the sandbox and Parley know, with their options by name.

    Each has the templates at its own account.
    """
    companies = tuple(Company.made_up(name, name.replace("-", " ").title()) for name in names)
    mine = replace(world, companies=companies)
    at_meta = [{"waba_id": one.waba_id, **each} for one in companies for each in templates]
    stack.sandbox.setup({**mine.for_sandbox(stack.gateway), "templates": at_meta}, add=True)
    told = mine.for_parley()
    for tenant, name in zip(told["tenants"], names, strict=True):
        tenant["options"] = (options or {}).get(name, {})
    file = stack.root / f"tenants-{secrets.token_hex(4)}.yml"
    file.write_text(yaml.safe_dump(told))
    stack.parley("tenants", "apply", str(file))
    lines = [Line(stack, company) for company in companies]
    OPENED.extend(lines)
    return lines


def at_once(work: Callable[[K], V], keys: Iterable[K]) -> dict[K, V]:
    """What came of each, done by several people at the same time. Raises what one raised."""
    known = list(keys)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(known, pool.map(work, known), strict=True))
