"""Who exists: apps, numbers, access tokens at Meta; orgs, clients, integrations at Genesys."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Item(BaseModel):
    """An unknown key is a typing error and refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


T = TypeVar("T", bound=Item)


class App(Item):
    """A Meta app: the owner of the signing secret and of the callback."""

    name: str
    app_secret: str = Field(min_length=1)
    callback_url: str = Field(pattern=r"^https?://")
    verify_token: str = ""


class PhoneNumber(Item):
    """A WhatsApp number. `callback_url` overrides the app's (meta (a.3))."""

    phone_number_id: str
    waba_id: str
    display_phone_number: str
    app: str
    callback_url: str | None = None
    allowed_recipients: list[str] | None = Field(None, description="of a test number: else 131030")
    subscribed: bool = Field(True, description="its account has subscribed the app")
    status: str = "CONNECTED"


class AccessToken(Item):
    """A Graph token and the numbers it may use. `expires_at`: Unix seconds; 0: never."""

    token: str = Field(min_length=1)
    phone_number_ids: list[str]
    expired: bool = False
    type: Literal["SYSTEM_USER", "USER", "PAGE", "APP"] = "SYSTEM_USER"
    expires_at: int = 0
    scopes: list[str] = ["whatsapp_business_management", "whatsapp_business_messaging"]


class TemplateButton(Item):
    """A button of a template. `dynamic`: its URL ends in a variable."""

    type: Literal["quick_reply", "url", "copy_code", "phone_number", "flow", "catalog", "otp"]
    text: str = ""
    dynamic: bool = False


class Template(Item):
    """A template as Meta knows it. `body_parameters`: how many its body takes.

    With `parameter_names` it is a named one, and those are its body's. `body`: its text with
    `{{1}}` or `{{name}}`, from which the words that the customer reads are made.
    """

    waba_id: str
    name: str
    language: str
    body_parameters: int = 0
    parameter_names: list[str] = []
    header: Literal["text", "image", "video", "document", "location"] | None = None
    header_parameters: int = Field(0, ge=0, le=1, description="variables of a text header")
    buttons: list[TemplateButton] = []
    body: str | None = None
    category: Literal["MARKETING", "UTILITY", "AUTHENTICATION"] = "UTILITY"
    status: Literal["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"] = "APPROVED"

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is found by."""
        return (self.waba_id, self.name, self.language)


class Client(Item):
    """An OAuth client of an org. `expires_in`: of its tokens, seconds; empty: the setting."""

    client_id: str
    client_secret: str
    expires_in: int | None = None
    permissions: list[str] = [
        "conversation:message:receive",
        "conversation:message:view",
        "conversation:message:create",
        "messaging:integration:view",
    ]
    rate_per_minute: int | None = None


class Integration(Item):
    """An Open Messaging integration. Genesys wants secrets of more than 15 characters."""

    integration_id: str
    name: str = "WhatsApp"
    webhook_url: str = Field(pattern=r"^https?://")
    webhook_secret: str = Field(min_length=16)
    webhook_headers: dict[str, str] = {}
    create_status: Literal["Initiated", "Completed", "Error"] = "Completed"
    status: Literal["Active", "Inactive"] = "Active"
    inbound_media: list[str] = ["*/*"]
    outbound_media: list[str] = ["*/*"]


class Org(Item):
    """A Genesys org."""

    name: str
    region: str = "mypurecloud.com"
    clients: list[Client] = []
    integrations: list[Integration] = []


class Part(Item):
    """Some of who exists: what it names besides may be known already."""

    apps: list[App] = []
    phone_numbers: list[PhoneNumber] = []
    access_tokens: list[AccessToken] = []
    templates: list[Template] = []
    orgs: list[Org] = []


class Setup(Part):
    """The whole world of the simulators: all that it names is in it."""

    @model_validator(mode="after")
    def _references_hold(self) -> Setup:
        apps = {a.name for a in self.apps}
        numbers = {n.phone_number_id for n in self.phone_numbers}
        for number in self.phone_numbers:
            if number.app not in apps:
                raise ValueError(f"number {number.phone_number_id}: no app named {number.app!r}")
        for token in self.access_tokens:
            if unknown := set(token.phone_number_ids) - numbers:
                raise ValueError(f"access token: no phone number {sorted(unknown)}")
        clients = [c.client_id for o in self.orgs for c in o.clients]
        integrations = [i.integration_id for o in self.orgs for i in o.integrations]
        for kind, ids in (("client", clients), ("integration", integrations)):
            if len(ids) != len(set(ids)):
                raise ValueError(f"a {kind} id stands twice in the orgs")
        return self

    def joined(self, other: Part) -> Setup:
        """Join this world and `other`. Raises `pydantic.ValidationError` when that is not whole.

        Where both name the same thing, `other` holds; an org keeps its clients and integrations.
        """
        mine = {org.name: org for org in self.orgs}
        orgs = [_added(mine[o.name], o) if o.name in mine else o for o in other.orgs]
        return Setup(
            apps=_join("name", self.apps, other.apps),
            phone_numbers=_join("phone_number_id", self.phone_numbers, other.phone_numbers),
            access_tokens=_join("token", self.access_tokens, other.access_tokens),
            templates=_join("key", self.templates, other.templates),
            orgs=_join("name", self.orgs, orgs),
        )


def _join(name: str, mine: list[T], theirs: list[T]) -> list[T]:
    return list({getattr(one, name): one for one in chain(mine, theirs)}.values())


def _added(known: Org, org: Org) -> Org:
    return Org(
        name=org.name,
        region=org.region if "region" in org.model_fields_set else known.region,
        clients=_join("client_id", known.clients, org.clients),
        integrations=_join("integration_id", known.integrations, org.integrations),
    )


@dataclass(slots=True)
class Directory:
    """`Setup` by id, for one look-up a request."""

    setup: Setup = field(default_factory=Setup)
    apps: dict[str, App] = field(default_factory=dict)
    numbers: dict[str, PhoneNumber] = field(default_factory=dict)
    tokens: dict[str, AccessToken] = field(default_factory=dict)
    templates: dict[tuple[str, str, str], Template] = field(default_factory=dict)
    clients: dict[str, tuple[Org, Client]] = field(default_factory=dict)
    integrations: dict[str, tuple[Org, Integration]] = field(default_factory=dict)

    def load(self, setup: Setup) -> None:
        """Replace what is known."""
        self.setup = setup
        self.apps = {a.name: a for a in setup.apps}
        self.numbers = {n.phone_number_id: n for n in setup.phone_numbers}
        self.tokens = {t.token: t for t in setup.access_tokens}
        self.templates = {t.key: t for t in setup.templates}
        self.clients = {c.client_id: (o, c) for o in setup.orgs for c in o.clients}
        self.integrations = {i.integration_id: (o, i) for o in setup.orgs for i in o.integrations}
