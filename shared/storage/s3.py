"""What all calls to S3 share: addresses, signatures, presigned links, the meaning of a status.

Path-style addresses alone, so that any S3 will do (docs/adr/0005).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, quote, urlsplit

from shared.runtime.errors import BadInput, NotFound, ParleyError, Unavailable
from shared.runtime.settings import ObjectSettings
from shared.storage.s3_signature import Keys, presign, sign

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
LONGEST_LINK = timedelta(days=7)  # S3's own limit of a V4 signature
_DEFAULT_PORTS = {"http": 80, "https": 443}


class S3Away(Unavailable):
    """S3 does not answer, or does not let us in."""

    code = "s3_unavailable"
    title = "S3 does not answer"


class Signer:
    """Our keys, for the endpoint that we reach and the address that the world reaches."""

    def __init__(self, settings: ObjectSettings) -> None:
        """Without a public address, links are for the endpoint itself."""
        self._endpoint = settings.s3_endpoint_url.rstrip("/")
        self._public = (settings.s3_public_url or settings.s3_endpoint_url).rstrip("/")
        self._keys = Keys(
            settings.s3_access_key.get_secret_value(),
            settings.s3_secret_key.get_secret_value(),
            settings.s3_region,
        )

    def address(self, bucket: str, key: str = "", query: str = "") -> str:
        """Where an object is, for us. `query` is encoded already, with its keys in order."""
        url = f"{self._endpoint}/{bucket}/{quote(key)}".rstrip("/")
        return f"{url}?{query}" if query else url

    def headers(
        self, method: str, url: str, headers: Mapping[str, str], digest: str = EMPTY_SHA256
    ) -> dict[str, str]:
        """The headers and our signature over them; `digest` is the body's SHA-256 in hex."""
        to_sign = {**headers, "x-amz-content-sha256": digest}
        return sign(self._keys, method, urlsplit(url), to_sign, datetime.now(UTC))

    def link(self, bucket: str, key: str, lifetime: timedelta) -> str:
        """An address that gives the object to whoever has it, for so long (7 days at most)."""
        parts = urlsplit(f"{self._public}/{bucket}/{quote(key)}")
        public = parts._replace(netloc=_netloc(parts))
        return presign(self._keys, public, min(lifetime, LONGEST_LINK), datetime.now(UTC)).geturl()


def _netloc(parts: SplitResult) -> str:
    """Host and port as clients send them: a scheme's own port is left out, and is signed so."""
    if parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return parts.netloc.removesuffix(f":{parts.port}")
    return parts.netloc


def raise_for(status: int, bucket: str) -> None:
    """Raise NotFound, BadInput or S3Away for a status that is no success."""
    error: ParleyError
    if status < 300:  # noqa: PLR2004  # success, RFC 9110
        return
    if status == 404:  # noqa: PLR2004
        error = NotFound(f"no such object in {bucket}")
    elif status in (400, 405):
        error = BadInput(f"S3 refused the request ({status})")
    elif status in (401, 403):
        error = S3Away(f"S3 refused our keys ({status}): see S3_ACCESS_KEY, S3_SECRET_KEY")
    else:
        error = S3Away(f"S3 answered {status}")
    raise error
