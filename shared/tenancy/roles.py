"""What each role may do: one table of roles and scopes, for people and API keys alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

Role = Literal["platform-admin", "tenant-admin", "supervisor", "agent", "viewer"]
Scope = Literal[
    "conversations:read",  # whose a conversation is, where it stands
    "messages:read",  # messages with their content, and what became of them
    "customers:read",  # a customer's addresses
    "config:read",  # the tenant's channels and which secrets are set
    "keys:read",
    "keys:write",
    "tenants:read",  # across tenants: the platform's own
    "tenants:write",
]

_VIEWER: frozenset[Scope] = frozenset({"conversations:read"})
_AGENT: frozenset[Scope] = _VIEWER | {"messages:read", "customers:read"}
_SUPERVISOR: frozenset[Scope] = _AGENT | {"config:read"}
_TENANT_ADMIN: frozenset[Scope] = _SUPERVISOR | {"keys:read", "keys:write"}

ROLES: dict[Role, frozenset[Scope]] = {
    "viewer": _VIEWER,
    "agent": _AGENT,
    "supervisor": _SUPERVISOR,
    "tenant-admin": _TENANT_ADMIN,
    "platform-admin": _TENANT_ADMIN | {"tenants:read", "tenants:write"},
}
SCOPES: frozenset[str] = frozenset(get_args(Scope))


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """All scopes of these roles; a name that is none of ours gives nothing."""
    return frozenset(
        scope for name, given in ROLES.items() if name in set(roles) for scope in given
    )


def narrowed(role: Role, scopes: Iterable[str]) -> frozenset[str]:
    """A role's scopes; only those listed, where any are."""
    wanted = frozenset(scopes)
    return scopes_of([role]) & wanted if wanted else scopes_of([role])
