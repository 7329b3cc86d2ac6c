"""Makes the buckets and sets how long they keep objects. Blocking: for start-up commands."""

from __future__ import annotations

from urllib.parse import urlsplit

from minio import Minio
from minio.commonconfig import ENABLED, Filter
from minio.lifecycleconfig import (
    AbortIncompleteMultipartUpload,
    Expiration,
    LifecycleConfig,
    Rule,
)

from shared.runtime.settings import ObjectSettings
from shared.storage.objects import BUCKETS, SPOOL_BUCKET

KEPT_DAYS = 30
# Parts of a file whose writer died. MinIO takes the rule, does not keep it, and sweeps by itself
# (minio/minio#19115).
UNFINISHED_DAYS = 1


def ensure_buckets(settings: ObjectSettings) -> list[str]:
    """Make the buckets that are missing and set how long they keep objects. Names of the new ones.

    The spool's keeps them until they were published, however long that takes.

    Raises minio's S3Error, or urllib3's errors when S3 is away.
    """
    parts = urlsplit(settings.s3_endpoint_url)
    client = Minio(
        parts.netloc,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        secure=parts.scheme == "https",
        region=settings.s3_region,
    )
    rule = Rule(
        status=ENABLED,
        rule_filter=Filter(prefix=""),
        rule_id="parley-retention",
        expiration=Expiration(days=KEPT_DAYS),
        abort_incomplete_multipart_upload=AbortIncompleteMultipartUpload(
            days_after_initiation=UNFINISHED_DAYS
        ),
    )
    made = [bucket for bucket in BUCKETS if not client.bucket_exists(bucket)]
    for bucket in made:
        client.make_bucket(bucket)
    for bucket in BUCKETS:
        if bucket != SPOOL_BUCKET:
            client.set_bucket_lifecycle(bucket, LifecycleConfig([rule]))
    return made
