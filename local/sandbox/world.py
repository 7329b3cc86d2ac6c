"""Both simulators in one room: built once a process, handed to the routes."""

from __future__ import annotations

from dataclasses import dataclass

from local.sandbox.genesys.agents import Agents
from local.sandbox.genesys.gate import Gate
from local.sandbox.genesys.inbound import Inbound
from local.sandbox.genesys.login import Login
from local.sandbox.genesys.receipts import Receipts
from local.sandbox.genesys.threads import Conversations
from local.sandbox.graph.messages import Messages
from local.sandbox.room.house import House
from local.sandbox.room.limits import Bounded
from local.sandbox.room.settings import Settings


@dataclass(slots=True)
class World:
    """The room, and who works in it."""

    house: House
    messages: Messages
    login: Login
    gate: Gate
    conversations: Conversations
    inbound: Inbound
    receipts: Receipts
    agents: Agents

    @classmethod
    def built(cls, settings: Settings) -> World:
        """Put it together."""
        house = House.built(settings)
        login, conversations = Login(house), Conversations(house)
        return cls(
            house,
            Messages(house),
            login,
            Gate(house, login, Bounded(10_000)),
            conversations,
            Inbound(house, conversations),
            Receipts(house),
            Agents(house, conversations),
        )
