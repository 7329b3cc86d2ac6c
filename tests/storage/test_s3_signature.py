"""Signatures that S3 takes: AWS's published examples, and whatever the minio SDK would sign."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minio.credentials.credentials import Credentials
from minio.signer import presign_v4, sign_v4_s3

from shared.storage.s3 import EMPTY_SHA256
from shared.storage.s3_signature import Keys, presign, sign

# S3 API reference, "Examples: Signature calculations" and "Authenticating requests: query".
EXAMPLE = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
HOST = "https://examplebucket.s3.amazonaws.com"
DAY = datetime(2013, 5, 24, tzinfo=UTC)

KEYS = Keys("parley", "a secret of forty letters", "eu-central-1")
CREDENTIALS = Credentials(KEYS.access, KEYS.secret)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
PATHS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"])).map(
    lambda key: f"https://s3.example:9000/media-inbound/{quote(key)}"
)
PARAMETERS = st.dictionaries(
    st.sampled_from(["uploadId", "partNumber", "uploads", "prefix", "a-b", "a"]),
    st.text().map(lambda value: quote(value.encode(errors="ignore"), safe="")),
)
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Range", "x-amz-meta-Name", "If-None-Match"]),
    st.text(st.sampled_from("ab /;=.  "), max_size=20),
)


@pytest.mark.parametrize(
    ("url", "headers", "signature"),
    [
        (
            "/test.txt",
            {"Range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        ("/?lifecycle=", {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            "/?max-keys=2&prefix=J",
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_requests_of_the_reference_are_signed_as_it_says(
    url: str, headers: dict[str, str], signature: str
) -> None:
    given_headers = {**headers, "x-amz-content-sha256": EMPTY_SHA256}
    signed = sign(EXAMPLE, "GET", urlsplit(HOST + url), given_headers, DAY)
    assert signed["Authorization"].endswith(f"Signature={signature}")


def test_the_link_of_the_reference_is_signed_as_it_says() -> None:
    link = presign(EXAMPLE, urlsplit(f"{HOST}/test.txt"), timedelta(days=1), DAY)
    assert link.query.endswith(
        "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


@given(st.sampled_from(["GET", "PUT", "POST", "DELETE"]), PATHS, PARAMETERS, HEADERS, MOMENTS)
def test_any_request_is_signed_as_the_sdk_signs_it(
    method: str,
    address: str,
    parameters: dict[str, str],
    headers: dict[str, str],
    moment: datetime,
) -> None:
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    url = urlsplit(f"{address}?{query}")
    ours = sign(KEYS, method, url, {**headers, "x-amz-content-sha256": EMPTY_SHA256}, moment)
    theirs = sign_v4_s3(
        method=method,
        url=url,
        region=KEYS.region,
        headers={name: value for name, value in ours.items() if name != "Authorization"},
        credentials=CREDENTIALS,
        content_sha256=EMPTY_SHA256,
        date=moment,
    )
    assert ours == theirs


@given(PATHS, st.integers(1, 604_800), MOMENTS)
def test_any_link_is_signed_as_the_sdk_signs_it(
    address: str, seconds: int, moment: datetime
) -> None:
    ours = presign(KEYS, urlsplit(address), timedelta(seconds=seconds), moment)
    theirs = presign_v4(
        method="GET",
        url=urlsplit(address),
        region=KEYS.region,
        credentials=CREDENTIALS,
        date=moment,
        expires=seconds,
    )
    assert ours == theirs


def test_the_secret_key_is_in_no_text_of_the_keys() -> None:
    assert KEYS.secret not in repr(KEYS)
