"""Agents' files go from S3 to Meta as a form, once for many sends."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from minio import Minio
from python_multipart.multipart import parse_form

from local.services import Endpoints
from shared.messaging.outcomes import SendError
from shared.services.delivery import UploadOutcome
from tests.delivery.provider import FRESH, TOKEN, Seen, cut, reply, send_and_cut
from tests.media.conftest import NAME, Mover, launch
from tests.media.host import BAD_TOKEN, UPLOAD, Host, meta_error
from tests.media.samples import PDF
from tests.moments import moment

OPUS = "audio/ogg; codecs=opus"
TAKEN = reply(200, {"id": "1234567890"})


def store(mover: Mover, body: bytes = PDF) -> dict[str, Any]:
    """A file of the tenant in S3, and what an upload is told of it."""
    services = mover.services
    key = f"{mover.tenant_id}/file/{moment():%Y-%m-%d}/{uuid4()}.pdf"
    client = Minio(
        services.s3_endpoint_url.removeprefix("http://"),
        services.s3_access_key,
        services.s3_secret_key,
        secure=False,
        region=services.s3_region,
    )
    path = mover.output.with_name(str(uuid4()))
    path.write_bytes(body)
    client.fput_object("media-outbound", key, str(path))
    return {
        "key": key,
        "mime": "application/pdf",
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "filename": NAME,
    }


def refused(outcome: UploadOutcome) -> SendError:
    assert outcome.error is not None, outcome
    return outcome.error


def form_of(seen: Seen) -> tuple[dict[str, str], dict[str, Any]]:
    """The fields of a form, and its file, read by another library than the one that wrote it."""
    fields: dict[str, str] = {}
    files: list[Any] = []

    class Body:
        def __init__(self) -> None:
            self.rest = seen.body

        def read(self, size: int) -> bytes:
            taken, self.rest = self.rest[:size], self.rest[size:]
            return taken

    def on_field(field: Any) -> None:
        fields[field.field_name.decode()] = field.value.decode()

    headers = {
        "Content-Type": seen.headers["content-type"].encode(),
        "Content-Length": seen.headers["content-length"].encode(),
    }
    parse_form(headers, Body(), on_field, files.append)
    (file,) = files
    file.file_object.seek(0)
    told = {"name": file.file_name.decode(), "field": file.field_name.decode()}
    return fields, told | {"body": file.file_object.read()}


def test_a_file_goes_as_a_form_of_known_length(meta: Mover) -> None:
    meta.host.at(UPLOAD, TAKEN)
    assert meta.upload(**store(meta)).id == "1234567890"
    (seen,) = meta.host.seen
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert "transfer-encoding" not in seen.headers
    fields, file = form_of(seen)
    assert fields == {"messaging_product": "whatsapp", "type": "application/pdf"}
    assert file == {"field": "file", "name": NAME, "body": PDF}
    assert b"Content-Type: application/pdf\r\n" in seen.body


def test_the_files_part_has_the_type_with_its_codecs(meta: Mover) -> None:
    meta.host.at(UPLOAD, TAKEN)
    assert meta.upload(**store(meta) | {"mime": OPUS, "filename": None}).id is not None
    (seen,) = meta.host.seen
    assert f"Content-Type: {OPUS}\r\n".encode() in seen.body
    fields, file = form_of(seen)
    assert (fields["type"], file["name"]) == (OPUS, "file.ogg")


def test_the_id_is_remembered_by_content_number_type_and_name(meta: Mover) -> None:
    meta.host.at(UPLOAD, *(reply(200, {"id": str(number)}) for number in range(1, 6)))
    request = store(meta)
    same = store(meta)
    other_number = {"phone_number_id": "777"}
    meta.host.at("/v23.0/777/media", reply(200, {"id": "other"}))
    ids = [
        meta.upload(**request).id,
        meta.upload(**same).id,
        meta.upload(**request | {"mime": "text/plain"}).id,
        meta.upload(**request | {"fresh": True}).id,
        meta.upload(**request).id,
        meta.upload(**request | other_number).id,
        meta.upload(**request | {"filename": "a better name.pdf"}).id,
        meta.upload(**request | {"filename": "a better name.pdf"}).id,
    ]
    assert ids == ["1", "1", "2", "3", "3", "other", "4", "4"]
    sizes = [line["bytes"] for line in meta.lines()]
    assert sizes == [len(PDF), 0, len(PDF), len(PDF), 0, len(PDF), len(PDF), 0]


def test_another_tenant_does_not_get_the_id(meta: Mover) -> None:
    meta.host.at(UPLOAD, reply(200, {"id": "1"}), reply(200, {"id": "2"}))
    assert meta.upload(**store(meta)).id == "1"
    meta.tenant_id = str(uuid4())
    assert meta.upload(**store(meta)).id == "2"


def test_a_rejected_token_is_replaced_and_all_of_the_file_sent_again(meta: Mover) -> None:
    meta.host.at(UPLOAD, BAD_TOKEN, TAKEN)
    assert meta.upload(**store(meta)).id is not None
    first, second = meta.host.seen
    assert second.headers["authorization"] == f"Bearer {FRESH}"
    assert form_of(first)[1] == form_of(second)[1]


def test_a_moments_trouble_of_meta_costs_nothing(meta: Mover) -> None:
    meta.host.at(UPLOAD, cut, TAKEN)
    assert meta.upload(**store(meta)).id is not None


NOS = {
    "a type that Meta does not take": (
        reply(400, meta_error(100, "Param file must be a file")),
        "100",
        False,
    ),
    "a file that Meta does not take": (reply(400, meta_error(131053)), "131053", True),
    "too many calls": (reply(400, meta_error(80007)), "80007", True),
    "an answer without an id": (reply(200, b"{}"), "answer_unreadable", True),
    "no JSON": (reply(200, b"<html>"), "answer_unreadable", True),
}


@pytest.mark.parametrize(("answer", "code", "again"), NOS.values(), ids=NOS)
def test_metas_no_comes_through(
    meta: Mover, answer: Callable[..., bool], code: str, *, again: bool
) -> None:
    meta.host.at(UPLOAD, answer)
    request = store(meta)
    error = refused(meta.upload(**request))
    assert (error.provider_code, error.retryable) == (code, again)
    if code in ("100", "131053"):
        assert error.reason == "MediaTypeNotAllowed"
    meta.host.at(UPLOAD, TAKEN)
    assert meta.upload(**request).id is not None


def test_a_file_that_is_gone_from_s3_is_gone(meta: Mover) -> None:
    request = store(meta) | {"key": f"{meta.tenant_id}/file/none.pdf"}
    error = refused(meta.upload(**request))
    assert (error.provider_code, error.retryable) == ("file_gone", False)


@pytest.mark.parametrize(
    "place",
    [
        {"key": "11111111-1111-4111-8111-111111111111/file/x.pdf"},
        {"bucket": "webhooks-inbound"},
    ],
    ids=["another tenant's", "another bucket"],
)
def test_only_files_of_the_tenant_are_given_away(meta: Mover, place: dict[str, str]) -> None:
    meta.host.at(UPLOAD, TAKEN)
    error = refused(meta.upload(**store(meta) | place))
    assert (error.provider_code, error.retryable) == ("forbidden", False)
    assert meta.host.seen == []


def test_an_object_of_another_size_is_not_the_file(meta: Mover) -> None:
    meta.host.at(UPLOAD, TAKEN)
    assert refused(meta.upload(**store(meta) | {"size": 7})).provider_code == "not_a_file"
    assert meta.host.seen == []


@pytest.fixture
def broken_s3(buckets: Endpoints, tmp_path: Path) -> Iterator[Mover]:
    with ExitStack() as stack:
        s3 = stack.enter_context(Host.running())
        partly = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%%PDF" % len(PDF)
        s3.at("/", send_and_cut(partly))
        where = {"S3_ENDPOINT_URL": s3.url, "REDIS_URL": "redis://127.0.0.1:1/0"}
        mover = launch(stack, tmp_path, "wa-api", buckets, **where)
        mover.begin()
        yield mover


def test_a_store_that_breaks_off_in_the_middle_is_said_to_be_away(broken_s3: Mover) -> None:
    broken_s3.host.at(UPLOAD, TAKEN)
    error = refused(broken_s3.upload(**store(broken_s3)))
    assert (error.provider_code, error.retryable) == ("s3_unavailable", True)


def test_without_redis_files_are_uploaded_each_time(buckets: Endpoints, tmp_path: Path) -> None:
    with ExitStack() as stack:
        mover = launch(stack, tmp_path, "wa-api", buckets, REDIS_URL="redis://127.0.0.1:1/0")
        mover.begin()
        mover.host.at(UPLOAD, reply(200, {"id": "1"}), reply(200, {"id": "2"}))
        request = store(mover)
        assert [mover.upload(**request).id for _ in range(2)] == ["1", "2"]
