"""`parley buckets`: the object store made ready."""

from __future__ import annotations

import argparse

import urllib3
from minio.error import MinioException
from pydantic import SecretStr

from parley.environment import Environment
from shared.command.output import say
from shared.runtime.errors import Unavailable
from shared.runtime.settings import ObjectSettings
from shared.storage.buckets import KEPT_DAYS, ensure_buckets
from shared.storage.objects import SPOOL_BUCKET


def make(given: argparse.Namespace, environment: Environment) -> int:
    """Make what is missing; nothing changes when all is there."""
    del given
    endpoint = environment.need("S3_ENDPOINT_URL")
    region = environment.find("S3_REGION")
    settings = ObjectSettings(
        s3_region=region.value if region is not None else "us-east-1",
        s3_endpoint_url=endpoint.value,
        s3_access_key=SecretStr(environment.need("S3_ACCESS_KEY").value),
        s3_secret_key=SecretStr(environment.need("S3_SECRET_KEY").value),
    )
    try:
        made = ensure_buckets(settings)
    except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Unavailable(
            f"S3 does not answer or refuses us ({type(error).__name__}): check {endpoint.name} "
            f"(from {endpoint.source}), S3_ACCESS_KEY and S3_SECRET_KEY"
        ) from None
    say(f"made {', '.join(made)}" if made else "all buckets were there")
    say(f"all keep objects for {KEPT_DAYS} days, {SPOOL_BUCKET} until they are published")
    say("next: start the functions, or `parley doctor`")
    return 0
