"""Tokens of the identity provider: signature, issuer, audience and time, then tenant and roles.

The algorithm is pinned twice: by the list that we allow, and by the key that the provider
published for it. A token that names its own key, or none, is as good as none.
"""

from __future__ import annotations

from typing import Any

import jwt

from gateway_service.auth.jwks import Keys
from gateway_service.principal import Principal
from gateway_service.settings import OidcSettings
from gateway_service.tenants import Tenants
from shared.runtime.errors import Forbidden, Unauthorised
from shared.runtime.logging import stand_in
from shared.runtime.refusals import claimed, why_not
from shared.runtime.refusals import claims as said_by
from shared.tenancy.roles import ROLES, scopes_of
from shared.wire.printed import is_printable

LONGEST = 8192  # characters
LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, 2
PLATFORM = "platform-admin"
REQUIRED = ["exp", "iat", "iss", "aud", "sub"]


class Oidc:
    """Turns a token into who calls."""

    def __init__(self, keys: Keys, tenants: Tenants, settings: OidcSettings) -> None:
        self._keys = keys
        self._tenants = tenants
        self._settings = settings

    async def principal(self, token: str) -> Principal:
        """Whose the token is. Raises Unauthorised, Forbidden, Unavailable."""
        claims = await self._claims(token)
        subject = claims["sub"]
        if not isinstance(subject, str) or not _is_name(subject):
            raise self._bad("no_subject", token)
        client = f"user:{stand_in(subject)}"
        named = _claim(claims, self._settings.oidc_tenant_claim)
        roles = _roles(_claim(claims, self._settings.oidc_roles_claim))
        if named is None or named == "":
            if PLATFORM not in roles:
                raise Forbidden(
                    "the token names no tenant", reason="no_tenant", whose={"client": client}
                )
            return Principal(f"user:{subject}", None, (PLATFORM,), scopes_of([PLATFORM]))
        if not isinstance(named, str):
            raise Forbidden(
                "the token names no tenant", reason="no_tenant", whose={"client": client}
            )
        # Who belongs to a tenant has no say over others, whatever a directory lists.
        roles = tuple(role for role in roles if role != PLATFORM)
        tenant = await self._tenants.active(named, client=client)
        return Principal(f"user:{subject}", tenant, roles, scopes_of(roles))

    async def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST:
            raise Unauthorised(reason="too_long")
        settings = self._settings
        try:
            header = jwt.get_unverified_header(token)
            kid, algorithm = header.get("kid"), header.get("alg")
            if not isinstance(kid, str) or algorithm not in settings.algorithms:
                reason = "wrong_algorithm" if isinstance(kid, str) else "no_key_id"
                raise self._bad(reason, token, claimed_algorithm=claimed(algorithm))
            key = await self._keys.key(kid)
            if key is None:
                raise self._bad("unknown_key_id", token, claimed_kid=claimed(kid))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=settings.algorithms,
                audience=settings.oidc_audience,
                issuer=settings.oidc_issuer,
                leeway=settings.oidc_leeway_seconds,
                options={"require": REQUIRED},
            )
        except jwt.PyJWTError as error:
            raise self._bad(why_not(error), token) from None
        return claims

    def _bad(self, reason: str, token: str, **more: str | None) -> Unauthorised:
        """The refusal, with whose token it says it is. The subject is a person: left out."""
        tenant = self._settings.oidc_tenant_claim
        names = {"claimed_issuer": "iss", "claimed_audience": "aud", "claimed_tenant": tenant}
        return Unauthorised(reason=reason, whose={**said_by(token, names), **more})


def _claim(claims: dict[str, Any], name: str) -> Any:
    """A claim by its whole name, else by its path (`realm_access.roles`); None without it."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _roles(claim: Any) -> tuple[str, ...]:
    """The roles of ours that it lists; providers send a list, or one text with blanks."""
    listed = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return tuple(role for role in ROLES if role in listed)


def _is_name(subject: str) -> bool:
    """Whether it can stand in a line of the audit log."""
    return 0 < len(subject) <= LONGEST_SUBJECT and is_printable(subject)
