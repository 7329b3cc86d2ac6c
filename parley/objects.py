"""The doctor's look at S3: which of our buckets are not there."""

from __future__ import annotations

from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException

from parley.environment import Found
from shared.runtime.errors import Unavailable
from shared.storage.objects import BUCKETS


def missing_buckets(endpoint: Found, access: Found, secret: Found, seconds: float) -> list[str]:
    """Names of the buckets that are not there. Raises Unavailable."""
    parts = urlsplit(endpoint.value)
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(total=seconds), retries=False)
    try:
        client = Minio(
            parts.netloc,
            access_key=access.value,
            secret_key=secret.value,
            secure=parts.scheme == "https",
            http_client=pool,
        )
        there = {bucket.name for bucket in client.list_buckets()}
    except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Unavailable(
            f"S3 does not answer or refuses us ({type(error).__name__}): start it, or change "
            f"{endpoint.name} (from {endpoint.source}), {access.name} and {secret.name}"
        ) from None
    return [bucket for bucket in BUCKETS if bucket not in there]
