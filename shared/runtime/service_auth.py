"""Tokens between functions: no function trusts the network.

HS256, five minutes, one audience each; kept by both sides so that a call costs a look-up.
A name that opens more than others (auth) signs with a key of its own, which only its callee knows.
The gateway's tokens also say on whose behalf it calls (`act`): the callee holds it to that.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
from pydantic import SecretStr

from shared.runtime.errors import Unauthorised
from shared.runtime.refusals import claims as said_by
from shared.runtime.refusals import why_not

LIFETIME_S = 300
RENEW_BEFORE_S = 60
_KEPT = 1024


class _KeySettings(Protocol):
    @property
    def service_token_key(self) -> SecretStr: ...
    @property
    def service_token_key_previous(self) -> SecretStr | None: ...
    @property
    def own_keys(self) -> Mapping[str, tuple[str, ...]]: ...


@dataclass(frozen=True)
class OnBehalf:
    """Whom the gateway calls for. `tenant_id` None: an administrator of the platform."""

    subject: str
    tenant_id: str | None
    scopes: frozenset[str]


@dataclass(frozen=True)
class Caller:
    """The function that calls; and for whom, when it is not its own concern."""

    name: str
    on_behalf: OnBehalf | None = None

    @property
    def actor(self) -> str:
        """Who it is in an audit log."""
        return self.name if self.on_behalf is None else f"{self.name}:{self.on_behalf.subject}"


class ServiceTokens:
    """Mints this function's tokens and verifies those of its callers."""

    def __init__(
        self,
        name: str,
        key: str,
        previous: str | None = None,
        own: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """`name` is the issuer; `previous` is still accepted while the key is being changed.

        `own`: issuers that have keys of their own, the newest first; `key` is not good for these.
        """
        self._name = name
        self._own = own or {}
        self._key = self._own[name][0] if name in self._own else key
        common = (key,) if previous is None else (key, previous)
        self._keys: list[tuple[str, str | None]] = [
            *((each, None) for each in common),
            *((each, issuer) for issuer, keys in self._own.items() for each in keys),
        ]
        self._minted: dict[tuple[str, OnBehalf | None], tuple[str, float]] = {}
        self._verified: dict[tuple[str, str], tuple[Caller, float]] = {}

    @classmethod
    def of(cls, name: str, settings: _KeySettings) -> ServiceTokens:
        """The tokens of the function `name` under its settings."""
        previous = settings.service_token_key_previous
        return cls(
            name,
            settings.service_token_key.get_secret_value(),
            previous.get_secret_value() if previous is not None else None,
            settings.own_keys,
        )

    def mint(self, audience: str, on_behalf: OnBehalf | None = None) -> str:
        """A bearer token that only the function `audience` accepts."""
        now = time.time()
        token, good_until = self._minted.get((audience, on_behalf), ("", 0.0))
        if now < good_until:
            return token
        claims: dict[str, Any] = {
            "iss": self._name,
            "aud": audience,
            "iat": int(now),
            "exp": int(now) + LIFETIME_S,
        }
        if on_behalf is not None:
            claims["act"] = _claim(on_behalf)
        token = jwt.encode(claims, self._key, algorithm="HS256")
        if len(self._minted) >= _KEPT:
            self._minted.clear()
        self._minted[audience, on_behalf] = (token, now + LIFETIME_S - RENEW_BEFORE_S)
        return token

    def identify(self, token: str, audience: str) -> Caller:
        """Who calls. Raises Unauthorised, with the same words whatever is wrong."""
        known, good_until = self._verified.get((token, audience), (None, 0.0))
        if known is not None and time.time() < good_until:
            return known
        reason = ""
        for key, issuer in self._keys:
            try:
                claims = jwt.decode(
                    token,
                    key,
                    algorithms=["HS256"],
                    audience=audience,
                    options={"require": ["iss", "aud", "iat", "exp"]},
                )
            except jwt.InvalidTokenError as error:
                reason = why_not(error) if reason in ("", "wrong_signature") else reason
                continue
            reason = self._fault(claims, issuer)
            if reason:
                break
            caller = Caller(str(claims["iss"]), _on_behalf(claims.get("act")))
            return self._keep(token, audience, caller, float(claims["exp"]))
        said = said_by(token, {"claimed_caller": "iss", "claimed_audience": "aud"})
        raise Unauthorised(reason=reason, whose=said)

    def _fault(self, claims: dict[str, Any], issuer: str | None) -> str:
        """What is wrong with a signed token. `issuer`: whose own key it was, None: the common one.

        Its signature and times are good; who signs may still not name whom they like, or for ever.
        """
        named = str(claims["iss"])
        if issuer != (named if named in self._own else None):
            return "wrong_signature"
        lives = int(claims["exp"]) - int(claims["iat"])
        return "lives_too_long" if lives > LIFETIME_S else ""

    def identify_header(self, header: str | None, audience: str) -> Caller:
        """The same, from an Authorization header."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorised(reason="no_token")
        return self.identify(token, audience)

    def verify(self, token: str, audience: str) -> str:
        """The caller's name for an audit log. Raises Unauthorised."""
        return self.identify(token, audience).actor

    def verify_header(self, header: str | None, audience: str) -> str:
        """The same, from an Authorization header."""
        return self.identify_header(header, audience).actor

    def _keep(self, token: str, audience: str, caller: Caller, good_until: float) -> Caller:
        if len(self._verified) >= _KEPT:
            self._verified.clear()
        self._verified[token, audience] = (caller, good_until)
        return caller


def _claim(on_behalf: OnBehalf) -> dict[str, Any]:
    """RFC 8693 (4.1) has the name; ours says more: the tenant, and what may be done."""
    return {
        "sub": on_behalf.subject,
        "tenant": on_behalf.tenant_id,
        "scope": " ".join(sorted(on_behalf.scopes)),
    }


def _on_behalf(claim: Any) -> OnBehalf | None:
    """Read it; signed by us, so what is no such claim is another version's: refused."""
    if claim is None:
        return None
    try:
        return OnBehalf(claim["sub"], claim["tenant"], frozenset(claim["scope"].split()))
    except (KeyError, TypeError, AttributeError):
        raise Unauthorised(reason="malformed") from None
