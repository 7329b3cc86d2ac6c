"""Looks at S3: which of our buckets are not there, what lies under a prefix."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException

from parley.environment import Found
from shared.runtime.errors import Unavailable
from shared.runtime.settings import ObjectSettings
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


def client_of(settings: ObjectSettings) -> Minio:
    """The SDK's client, which blocks."""
    parts = urlsplit(settings.s3_endpoint_url)
    return Minio(
        parts.netloc,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        secure=parts.scheme == "https",
        region=settings.s3_region,
    )


def listed(settings: ObjectSettings, bucket: str, prefix: str) -> Iterator[str]:
    """The keys under a prefix, in their order. Raises Unavailable."""
    client = client_of(settings)
    try:
        for found in client.list_objects(bucket, prefix=prefix, recursive=True):
            yield str(found.object_name)
    except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Unavailable(
            f"S3 does not list {bucket} ({type(error).__name__}): check S3_ENDPOINT_URL, "
            "S3_ACCESS_KEY and S3_SECRET_KEY"
        ) from None
