"""The signing keys: one RSA and one elliptic at a time; former ones as long as they are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

RSA_BITS = 2048
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Key:
    """One key pair."""

    kid: str
    algorithm: str
    private: Private

    def public(self) -> dict[str, Any]:
        """As it stands in the JWKS (RFC 7517)."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            jwk = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        else:
            jwk = json.loads(ECAlgorithm.to_jwk(self.private.public_key()))
        shown = {name: jwk[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in jwk}
        return {**shown, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def pem(self) -> bytes:
        """The public key in PEM, which everybody may have."""
        return self.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )


def _pair(generation: int) -> dict[str, Key]:
    return {
        "RS256": Key(
            f"rsa-{generation}",
            "RS256",
            rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS),
        ),
        "ES256": Key(f"ec-{generation}", "ES256", ec.generate_private_key(ec.SECP256R1())),
    }


@dataclass(slots=True)
class KeyBook:
    """The keys that sign, and those that are published. Made when first asked for."""

    _generations: count[int] = field(default_factory=lambda: count(1))
    _signing: dict[str, Key] = field(default_factory=dict)
    _published: list[Key] = field(default_factory=list)
    _strange: dict[str, Key] = field(default_factory=dict)

    def signing(self, algorithm: str) -> Key:
        """The key that signs now."""
        if not self._signing:
            self.rotate(keep_previous=False)
        return self._signing[algorithm]

    def strange(self, algorithm: str) -> Key:
        """A key that was never published, under the id of the one that is."""
        if not self._strange:
            self._strange = _pair(0)
        known, other = self.signing(algorithm), self._strange[algorithm]
        return Key(known.kid, other.algorithm, other.private)

    def rotate(self, *, keep_previous: bool) -> list[str]:
        """Sign with new keys; answers the ids of all that are published."""
        self._signing = _pair(next(self._generations))
        kept = self._published if keep_previous else []
        self._published = [*self._signing.values(), *kept]
        return [key.kid for key in self._published]

    def published(self) -> list[dict[str, Any]]:
        """The JWKS."""
        self.signing("RS256")
        return [key.public() for key in self._published]
