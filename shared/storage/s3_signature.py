"""Signature V4 of a request to S3, and of a link: values in, text out.

AWS, "Authenticating Requests: AWS Signature Version 4" (S3 API reference). The minio SDK's signer
gives the same; but with it comes the whole SDK, a third of the time that a function takes to start.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import SplitResult, quote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"  # a link is made before anybody has the body


@dataclass(frozen=True)
class Keys:
    """An access key of a region. The secret one is in no text of it."""

    access: str
    secret: str = field(repr=False)
    region: str

    def scope(self, moment: datetime) -> str:
        """What a signature of that day is good for."""
        return f"{moment:%Y%m%d}/{self.region}/s3/aws4_request"

    def sign(self, moment: datetime, canonical: str) -> str:
        """The signature of a canonical request, in hex."""
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join([ALGORITHM, stamp(moment), self.scope(moment), digest])
        key = f"AWS4{self.secret}".encode()
        for part in self.scope(moment).split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def stamp(moment: datetime) -> str:
    """A time in UTC as the signature has it."""
    return f"{moment:%Y%m%dT%H%M%SZ}"


def sign(
    keys: Keys, method: str, url: SplitResult, headers: Mapping[str, str], moment: datetime
) -> dict[str, str]:
    """The same headers, with the body's digest, the time, and our signature over all of them.

    `url`'s path and query are encoded already. `headers` hold `x-amz-content-sha256`: hex.
    """
    signed = {**headers, "Host": url.netloc, "x-amz-date": stamp(moment)}
    lowered = {name.lower(): " ".join(value.split()) for name, value in signed.items()}
    digest = lowered["x-amz-content-sha256"]
    signature = keys.sign(moment, _canonical(method, url, url.query, lowered, digest))
    signed["Authorization"] = (
        f"{ALGORITHM} Credential={keys.access}/{keys.scope(moment)}, "
        f"SignedHeaders={';'.join(sorted(lowered))}, Signature={signature}"
    )
    return signed


def presign(keys: Keys, url: SplitResult, lifetime: timedelta, moment: datetime) -> SplitResult:
    """The address with a signature in it: a GET by whoever has it, for so long."""
    asked = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{keys.access}/{keys.scope(moment)}",
        "X-Amz-Date": stamp(moment),
        "X-Amz-Expires": str(int(lifetime.total_seconds())),
        "X-Amz-SignedHeaders": "host",
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
    signature = keys.sign(moment, _canonical("GET", url, query, {"host": url.netloc}, UNSIGNED))
    return url._replace(query=f"{query}&X-Amz-Signature={signature}")


def _canonical(
    method: str, url: SplitResult, query: str, headers: Mapping[str, str], digest: str
) -> str:
    """The request in the one form that both sides digest; header names in small letters."""
    pairs = sorted(pair.split("=", 1) for pair in query.split("&"))
    names = sorted(headers)
    lines = [f"{name}:{headers[name]}" for name in names]
    return "\n".join(
        [
            method,
            url.path or "/",
            "&".join("=".join(pair) for pair in pairs),
            *lines,
            "",
            ";".join(names),
            digest,
        ]
    )
