"""Tokens between functions: no function trusts the network.

HS256, five minutes, one audience each; kept by both sides so that a call costs a look-up.
"""

from __future__ import annotations

import time
from typing import Protocol

import jwt
from pydantic import SecretStr

from shared.runtime.errors import Unauthorised

LIFETIME_S = 300
RENEW_BEFORE_S = 60
_KEPT = 1024


class _KeySettings(Protocol):
    @property
    def service_token_key(self) -> SecretStr: ...
    @property
    def service_token_key_previous(self) -> SecretStr | None: ...


class ServiceTokens:
    """Mints this function's tokens and verifies those of its callers."""

    def __init__(self, name: str, key: str, previous: str | None = None) -> None:
        """`name` is the issuer; `previous` is still accepted while the key is being changed."""
        self._name = name
        self._keys = (key,) if previous is None else (key, previous)
        self._minted: dict[str, tuple[str, float]] = {}
        self._verified: dict[tuple[str, str], tuple[str, float]] = {}

    @classmethod
    def of(cls, name: str, settings: _KeySettings) -> ServiceTokens:
        """The tokens of the function `name` under its settings."""
        previous = settings.service_token_key_previous
        return cls(
            name,
            settings.service_token_key.get_secret_value(),
            previous.get_secret_value() if previous is not None else None,
        )

    def mint(self, audience: str) -> str:
        """A bearer token that only the function `audience` accepts."""
        now = time.time()
        token, good_until = self._minted.get(audience, ("", 0.0))
        if now < good_until:
            return token
        claims = {"iss": self._name, "aud": audience, "iat": int(now), "exp": int(now) + LIFETIME_S}
        token = jwt.encode(claims, self._keys[0], algorithm="HS256")
        self._minted[audience] = (token, now + LIFETIME_S - RENEW_BEFORE_S)
        return token

    def verify(self, token: str, audience: str) -> str:
        """Name of the caller. Raises Unauthorised, with the same words whatever is wrong."""
        caller, good_until = self._verified.get((token, audience), ("", 0.0))
        if time.time() < good_until:
            return caller
        for key in self._keys:
            try:
                claims = jwt.decode(
                    token,
                    key,
                    algorithms=["HS256"],
                    audience=audience,
                    options={"require": ["iss", "aud", "iat", "exp"]},
                )
            except jwt.InvalidTokenError:
                continue
            return self._keep(token, audience, str(claims["iss"]), float(claims["exp"]))
        raise Unauthorised

    def verify_header(self, header: str | None, audience: str) -> str:
        """The same, from an Authorization header."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorised
        return self.verify(token, audience)

    def _keep(self, token: str, audience: str, caller: str, good_until: float) -> str:
        if len(self._verified) >= _KEPT:
            self._verified.clear()
        self._verified[token, audience] = (caller, good_until)
        return caller
