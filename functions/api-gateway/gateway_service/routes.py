"""All routes, one row each: what a route lets through stands here and nowhere else.

A webhook's bytes pass untouched, and its function checks who signed; all else is asked for a
credential, unless its access is `public`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from shared.runtime.errors import NotFound
from shared.tenancy.roles import Scope

# webhook: raw, for the sender's function. public: anybody. caller: any good credential.
# tenant: for the caller's tenant, or the one that the platform names. platform: its own people.
Access = Literal["webhook", "public", "caller", "tenant", "platform"]

OWN = "api-gateway"  # answered here
READ, WRITE = 1, 5  # what a call costs of a caller's minute
BODY = 64 * 1024  # bytes
FILE = 512 * 1024  # of a tenant with many channels
WEBHOOK = 3 * 1024 * 1024  # Meta's own limit (contracts/meta.md a.4)
IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
PLACES = re.compile(r"\{(\w+)\}")
"""The names in a template, such as `tenant` in `/tenants/{tenant}`."""

_ID = r"[^/\x00-\x1f\x7f]{1,512}"
_KINDS = {
    "message_id": r"[^\x00-\x1f\x7f]{1,512}",  # a wamid is base64 and may hold a slash
    "app": r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}",  # a name of a tenants file; dots alone lead up
}


@dataclass(frozen=True, kw_only=True)
class Route:
    """A path template, what it takes, and the function that serves it under `to`.

    `{tenant}` in `to` is the tenant's id; without it the id goes along as `tenant_id`.
    The function answers 200; `status` is what the caller sees of it.
    `body` and `answer` name models of `models.py`.
    """

    path: str
    methods: tuple[str, ...] = ("GET",)
    function: str
    access: Access
    to: str = ""
    scope: Scope | None = None
    query: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # of the query: what can not be left out
    body: str | None = None
    body_limit: int = BODY
    answer: str | None = None
    status: int = 200
    cost: int = READ
    summary: str = ""
    pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the template."""
        parts = PLACES.split(self.path)
        named = (f"(?P<{name}>{_KINDS.get(name, _ID)})" for name in parts[1::2])
        plain = (re.escape(part) for part in parts[::2])
        regex = "".join(p + n for p, n in zip(plain, [*named, ""], strict=True))
        object.__setattr__(self, "pattern", re.compile(regex))

    @property
    def idempotent(self) -> bool:
        """Whether it may be sent once more without harm."""
        return self.access != "webhook" and self.methods[0] in IDEMPOTENT


ROUTES: tuple[Route, ...] = (
    # Meta names one of several apps in the path; the plain path is told by the body's ids.
    Route(
        path="/webhook/meta",
        methods=("GET", "POST"),
        function="wa-webhook",
        access="webhook",
        body_limit=WEBHOOK,
    ),
    Route(
        path="/webhook/meta/{app}",
        methods=("GET", "POST"),
        function="wa-webhook",
        access="webhook",
        body_limit=WEBHOOK,
    ),
    Route(
        path="/webhook/genesys",
        methods=("POST",),
        function="genesys-webhook",
        access="webhook",
        body_limit=WEBHOOK,
    ),
    Route(
        path="/api/v1/health",
        function=OWN,
        access="public",
        answer="Health",
        summary="Whether the API is there",
    ),
    Route(
        path="/api/v1/openapi.json",
        function=OWN,
        access="public",
        summary="This description",
    ),
    Route(
        path="/api/v1/me",
        function=OWN,
        access="caller",
        answer="Me",
        summary="Who you are here, and what you may do",
    ),
    Route(
        path="/api/v1/conversations/{conversation_id}",
        function="state",
        to="/state/conversation/{conversation_id}",
        access="tenant",
        scope="conversations:read",
        query=("channel_id",),
        needs=("channel_id",),
        answer="Conversation",
        summary="Whose a conversation is",
    ),
    Route(
        path="/api/v1/conversations/{conversation_id}/messages",
        function="state",
        to="/state/conversation/{conversation_id}/messages",
        access="tenant",
        scope="messages:read",
        query=("limit", "before"),
        answer="History",
        summary="A conversation's messages, newest first",
    ),
    Route(
        path="/api/v1/messages",
        function="state",
        to="/state/messages",
        access="tenant",
        scope="messages:read",
        query=("state", "channel_id", "direction", "since", "until", "cursor", "limit"),
        needs=("state",),
        answer="RefusedMessages",
        summary="Messages that were refused, the newest first, with the reason",
    ),
    Route(
        path="/api/v1/messages/{message_id}",
        function="state",
        to="/state/message/{message_id}",
        access="tenant",
        scope="messages:read",
        answer="TrackedMessage",
        summary="A message by its id at WhatsApp or Genesys, and what became of it",
    ),
    Route(
        path="/api/v1/customers/{customer}",
        function="state",
        to="/state/customer/{customer}",
        access="tenant",
        scope="customers:read",
        query=("channel_id",),
        needs=("channel_id",),
        answer="CustomerState",
        summary="A customer as a channel knows them",
    ),
    Route(
        path="/api/v1/tenant",
        function="tenancy",
        to="/tenancy/of/{tenant}",
        access="tenant",
        scope="config:read",
        answer="TenantView",
        summary="Your tenant and its channels; of secrets, whether they are set",
    ),
    Route(
        path="/api/v1/keys",
        function="tenancy",
        to="/tenancy/of/{tenant}/keys",
        access="tenant",
        scope="keys:read",
        query=("offset",),
        answer="KeyList",
        summary="Your tenant's API keys, without the keys themselves; those that are good first",
    ),
    Route(
        path="/api/v1/keys",
        methods=("POST",),
        function="tenancy",
        to="/tenancy/of/{tenant}/keys",
        access="tenant",
        scope="keys:write",
        body="KeyRequest",
        answer="KeyMade",
        status=201,
        cost=WRITE,
        summary="Make an API key; it is shown this once",
    ),
    Route(
        path="/api/v1/keys/{key_id}",
        methods=("DELETE",),
        function="tenancy",
        to="/tenancy/of/{tenant}/keys/{key_id}",
        access="tenant",
        scope="keys:write",
        status=204,
        cost=WRITE,
        summary="Revoke an API key, within a second and for good",
    ),
    Route(
        path="/api/v1/tenants",
        function="tenancy",
        to="/tenancy/tenants",
        access="platform",
        scope="tenants:read",
        answer="TenantList",
        summary="All tenants",
    ),
    Route(
        path="/api/v1/tenants/{slug}",
        function="tenancy",
        to="/tenancy/tenants/{slug}",
        access="platform",
        scope="tenants:read",
        answer="TenantView",
        summary="One tenant",
    ),
    Route(
        path="/api/v1/tenants/{slug}",
        methods=("PUT",),
        function="tenancy",
        to="/tenancy/tenants/{slug}",
        access="platform",
        scope="tenants:write",
        query=("dry_run", "forget_previous"),
        body="TenantFile",
        body_limit=FILE,
        answer="Applied",
        cost=WRITE,
        summary="Make a tenant as declared; secrets go in and never out",
    ),
)


@dataclass(frozen=True)
class Found:
    """A route, and what its path says."""

    route: Route
    values: dict[str, str]


class WrongMethod(NotFound):
    """The path takes other methods."""

    code = "method_not_allowed"
    title = "Method Not Allowed"
    status = 405

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("this route takes other methods")
        self.allowed = allowed


def found(method: str, path: str) -> Found:
    """The route of a request. Raises NotFound, WrongMethod."""
    if path.startswith("/webhook/"):  # some senders put a slash at the end
        path = path.removesuffix("/")
    allowed: set[str] = set()
    for route in ROUTES:
        match = route.pattern.fullmatch(path)
        if match is None:
            continue
        if method in route.methods:
            return Found(route, match.groupdict())
        allowed.update(route.methods)
    if allowed:
        raise WrongMethod(tuple(sorted(allowed)))
    raise NotFound("there is no such route here")
