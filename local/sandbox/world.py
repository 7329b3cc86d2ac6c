"""Both simulators in one room: built once a process, handed to the routes."""

from __future__ import annotations

from dataclasses import dataclass

from local.sandbox.genesys.agents import Agents
from local.sandbox.genesys.attachments import Attachments
from local.sandbox.genesys.downloads import Downloads
from local.sandbox.genesys.gate import Gate
from local.sandbox.genesys.inbound import Inbound
from local.sandbox.genesys.integrations import Integrations
from local.sandbox.genesys.login import Login
from local.sandbox.genesys.outside import Outside
from local.sandbox.genesys.receipts import Receipts
from local.sandbox.genesys.threads import Conversations
from local.sandbox.graph.accounts import Accounts
from local.sandbox.graph.customers import Customers
from local.sandbox.graph.lookups import Lookups
from local.sandbox.graph.media import MediaRoom
from local.sandbox.graph.messages import Messages
from local.sandbox.graph.taps import Taps
from local.sandbox.room.house import House
from local.sandbox.room.limits import Bounded
from local.sandbox.room.settings import Settings


@dataclass(slots=True)
class Meta:
    """Meta's side."""

    messages: Messages
    media: MediaRoom
    customers: Customers
    taps: Taps
    accounts: Accounts
    lookups: Lookups

    @classmethod
    def built(cls, house: House) -> Meta:
        """Put it together."""
        messages, media = Messages(house), MediaRoom(house)
        customers = Customers(house, messages, media)
        taps, accounts = Taps(house, messages), Accounts(house, messages)
        return cls(messages, media, customers, taps, accounts, Lookups(house, media))


@dataclass(slots=True)
class Platform:
    """Genesys' side, its login included."""

    login: Login
    gate: Gate
    conversations: Conversations
    downloads: Downloads
    agents: Agents
    inbound: Inbound
    receipts: Receipts
    outside: Outside
    integrations: Integrations

    @classmethod
    def built(cls, house: House) -> Platform:
        """Put it together."""
        login, talks = Login(house), Conversations(house)
        gate, downloads = Gate(house, login, Bounded(10_000)), Downloads(house, login)
        agents = Agents(house, talks, downloads)
        inbound = Inbound(house, talks, Attachments(house, agents).accepted)
        receipts = Receipts(house, talks)
        outside = Outside(house, gate, agents, inbound, receipts)
        looks = Integrations(gate)
        return cls(login, gate, talks, downloads, agents, inbound, receipts, outside, looks)


@dataclass(slots=True)
class World:
    """The room, and who works in it."""

    house: House
    meta: Meta
    platform: Platform

    @classmethod
    def built(cls, settings: Settings) -> World:
        """Put it together."""
        house = House.built(settings)
        return cls(house, Meta.built(house), Platform.built(house))
