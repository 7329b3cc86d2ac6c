"""What tests of files in S3 share: settings, pieces to write, what lies in a bucket."""

import hashlib
from collections.abc import AsyncIterator, Iterator

import requests
from minio import Minio
from pydantic import SecretStr

from local.services import Endpoints
from shared.runtime.settings import ObjectSettings
from shared.storage.s3 import Signer
from tests.waits import WAIT_S

MEGABYTE = 1024 * 1024


def settings(
    services: Endpoints, *, endpoint: str | None = None, public: str = ""
) -> ObjectSettings:
    return ObjectSettings(
        s3_endpoint_url=endpoint or services.s3_endpoint_url,
        s3_public_url=public,
        s3_access_key=SecretStr(services.s3_access_key),
        s3_secret_key=SecretStr(services.s3_secret_key),
        s3_region=services.s3_region,
    )


def blocks(size: int, block: int = 64 * 1024) -> Iterator[bytes]:
    """So many bytes that never repeat, made as they are asked for."""
    for number in range(0, size, block):
        seed = hashlib.sha256(str(number).encode()).digest()
        yield (seed * (block // len(seed)))[: size - number]


def digest_of(size: int) -> str:
    digest = hashlib.sha256()
    for block in blocks(size):
        digest.update(block)
    return digest.hexdigest()


async def stream(size: int) -> AsyncIterator[bytes]:
    for block in blocks(size):
        yield block


def keys_in(services: Endpoints, bucket: str, prefix: str) -> list[str]:
    """The objects that are there."""
    client = Minio(
        services.s3_endpoint_url.removeprefix("http://"),
        services.s3_access_key,
        services.s3_secret_key,
        secure=False,
        region=services.s3_region,
    )
    return [str(each.object_name) for each in client.list_objects(bucket, prefix, recursive=True)]


def unfinished_in(services: Endpoints, bucket: str) -> str:
    """S3's list of uploads in parts that were begun and not ended."""
    signer = Signer(settings(services))
    url = signer.address(bucket, query="uploads=")
    answer = requests.get(url, headers=signer.headers("GET", url, {}), timeout=WAIT_S)
    assert answer.status_code == 200, answer.text
    return answer.text
