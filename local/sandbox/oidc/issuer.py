"""The provider itself: what it publishes, and the tokens that a test asks of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any, Literal

import jwt
import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from local.sandbox.control.answers import shown, taken
from local.sandbox.oidc.keys import KeyBook
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.faults import Fault

PLACE = "/oidc"
Asymmetric = Literal["RS256", "ES256"]


class Wanted(BaseModel):
    """A token to be made. With nothing said it is a good one of a person without tenant or role.

    `HS256` is signed with the public key as the secret, `none` not at all.
    """

    model_config = ConfigDict(extra="forbid")
    subject: str = "somebody"
    tenant: str | None = None
    roles: list[str] = Field(default_factory=list)
    audience: str | list[str] = "parley"
    issuer: str | None = Field(None, description="another than its own")
    expires_in: float = Field(3600, description="seconds; below zero: expired")
    not_before_in: float = 0
    algorithm: Literal["RS256", "ES256", "HS256", "none"] = "RS256"
    kid: str | None = Field(None, description="another than the key's")
    stranger: bool = Field(False, description="signed with a key that was never published")
    claims: dict[str, Any] = Field(default_factory=dict, description="laid over the others")
    without: list[str] = Field(default_factory=list, description="claims to leave out")
    headers: dict[str, Any] = Field(default_factory=dict, description="laid over the header's")


class Rotation(BaseModel):
    """New keys; the former ones stay published unless told otherwise."""

    model_config = ConfigDict(extra="forbid")
    keep_previous: bool = True


class Issuer:
    """One a process."""

    def __init__(self) -> None:
        self._keys = KeyBook()

    def discovery(self, call: Call) -> Answer:
        """OpenID Connect Discovery 1.0, 3; only what a resource server reads."""
        base = call.host + PLACE
        about = {
            "issuer": base,
            "jwks_uri": f"{base}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
        }
        return Answer(200, orjson.dumps(about))

    def jwks(self, _call: Call) -> Answer:
        """The public keys."""
        return Answer(200, orjson.dumps({"keys": self._keys.published()}))

    async def token(self, request: Request) -> Response:
        """POST a `Wanted`; answers the token."""
        wanted = await taken(request, Wanted)
        base = f"{request.url.scheme}://{request.headers.get('host', '')}{PLACE}"
        return shown({"access_token": self._signed(wanted, base), "token_type": "Bearer"})

    async def rotate(self, request: Request) -> Response:
        """PUT a `Rotation`; answers the ids of the keys that are published now."""
        raw = await request.body()
        rotation = await taken(request, Rotation) if raw else Rotation()
        return shown({"kids": self._keys.rotate(keep_previous=rotation.keep_previous)})

    def _signed(self, wanted: Wanted, base: str) -> str:
        claims = _claims(wanted, base)
        usual: Asymmetric = "ES256" if wanted.algorithm == "ES256" else "RS256"
        key = self._keys.strange(usual) if wanted.stranger else self._keys.signing(usual)
        header = {"kid": wanted.kid or key.kid, **wanted.headers}
        if wanted.algorithm == "HS256":
            return _confused(claims, {"alg": "HS256", "typ": "JWT", **header}, key.pem())
        if wanted.algorithm == "none":
            return jwt.encode(claims, "", "none", header)
        return jwt.encode(claims, key.private, usual, header)


def _claims(wanted: Wanted, base: str) -> dict[str, Any]:
    now = time.time()
    claims = {
        "iss": wanted.issuer or base,
        "aud": wanted.audience,
        "sub": wanted.subject,
        "iat": int(now),
        "nbf": int(now + wanted.not_before_in),
        "exp": int(now + wanted.expires_in),
        "roles": wanted.roles,
        "tenant": wanted.tenant,
    }
    claims = {name: value for name, value in claims.items() if value is not None} | wanted.claims
    return {name: value for name, value in claims.items() if name not in wanted.without}


def _confused(claims: dict[str, Any], header: dict[str, Any], pem: bytes) -> str:
    """The forgery that libraries refuse to make: the public key taken for a shared secret."""
    parts = [_b64(json.dumps(header).encode()), _b64(json.dumps(claims).encode())]
    signed = b".".join(parts)
    return b".".join([*parts, _b64(hmac.digest(pem, signed, hashlib.sha256))]).decode()


def _b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def of_fault(fault: Fault) -> Answer:
    """The answer that a fault asks for."""
    return Answer(fault.status or 500, orjson.dumps({"error": str(fault.code or "server_error")}))
