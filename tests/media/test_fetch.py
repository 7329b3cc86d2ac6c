"""One guarded GET: what the resolver allowed is what is connected to."""

import asyncio
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import SecretStr
from yarl import URL

from shared.media.errors import (
    Denied,
    Gone,
    MediaError,
    NotAFile,
    NotAllowed,
    ProviderAway,
    Redirected,
)
from shared.media.fetch import Fetcher
from shared.media.hosts import Trusted
from shared.messaging.moves import error_of
from tests.delivery.provider import Provider, Reply, cut, reply, send_and_cut
from tests.ports import free_port


class Names(AbstractResolver):
    """A DNS that says what the test wants, in turn."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


def get(url: str, trusted: Trusted, names: Names, *, times: int = 1) -> bytes:
    async def run() -> bytes:
        body = b""
        async with Fetcher.open(trusted, connect=2, stall=2, resolver=names) as fetcher:
            for _ in range(times):
                async with fetcher.get(URL(url), SecretStr("token")) as download:
                    body = b"".join([chunk async for chunk in download.chunks()])
        return body

    return asyncio.run(run())


PRIVATE = {
    "loopback": ["127.0.0.1"],
    "the metadata of a cloud": ["169.254.169.254"],
    "a private network": ["10.0.0.8"],
    "one of several": ["8.8.8.8", "10.0.0.8"],
    "mapped": ["::ffff:127.0.0.1"],
    "IPv6's own": ["::1"],
    "a local IPv6": ["fd00::8"],
}


@pytest.mark.parametrize("addresses", PRIVATE.values(), ids=PRIVATE)
def test_a_name_that_leads_inside_is_not_followed(addresses: list[str]) -> None:
    with Provider.running(reply(200, b"secret")) as inside:
        port = URL(inside.url).port
        with pytest.raises(NotAllowed):
            get(f"http://files.example:{port}/x", Trusted(), Names(addresses))
        assert inside.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "127.1", "[::1]", "0"])
def test_an_address_in_numbers_is_checked_too(host: str) -> None:
    with Provider.running(reply(200, b"secret")) as inside:
        with pytest.raises(NotAllowed):
            get(f"http://{host}:{URL(inside.url).port}/x", Trusted(), Names(["127.0.0.1"]))
        assert inside.seen == []


def test_a_second_answer_of_dns_is_checked_anew() -> None:
    """The name is asked for once a connection, and that answer is the one that counts."""
    with Provider.running(reply(200, b"file", Connection="close")) as host:
        port = URL(host.url).port
        trusted = Trusted(frozenset({f"files.example:{port}"}))
        names = Names(["127.0.0.1"])
        assert get(f"http://files.example:{port}/x", trusted, names, times=2) == b"file"
        assert names.asked == ["files.example"] * 2
        assert [seen.headers["host"] for seen in host.seen] == [f"files.example:{port}"] * 2


def test_a_trusted_name_does_not_open_its_other_ports() -> None:
    with Provider.running(reply(200, b"secret")) as inside:
        trusted = Trusted(frozenset({"files.example:443"}))
        with pytest.raises(NotAllowed):
            get(f"http://files.example:{URL(inside.url).port}/x", trusted, Names(["127.0.0.1"]))
        assert inside.seen == []


STATUSES: dict[str, tuple[Reply, type[Exception]]] = {
    "401": (reply(401, b""), Denied),
    "403": (reply(403, b""), Denied),
    "404": (reply(404, b""), Gone),
    "410": (reply(410, b""), Gone),
    "400": (reply(400, b""), NotAFile),
    "204": (reply(204, b""), NotAFile),
    "206": (reply(206, b"part"), NotAFile),
    "429": (reply(429, b""), ProviderAway),
    "500": (reply(500, b""), ProviderAway),
    "302": (reply(302, b"", Location="/y"), Redirected),
    "302 to nowhere": (reply(302, b""), NotAFile),
    "compressed": (reply(200, b"\x1f\x8b", Content_Encoding="gzip"), NotAFile),
    "cut": (cut, ProviderAway),
    "broken off": (send_and_cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), ProviderAway),
    "not HTTP": (send_and_cut(b"220 mail.example ESMTP\r\n"), ProviderAway),
}


@pytest.mark.parametrize(("answer", "error"), STATUSES.values(), ids=STATUSES)
def test_every_answer_has_its_name(answer: Reply, error: type[Exception]) -> None:
    with Provider.running(answer) as host, pytest.raises(error):
        get(host.url + "/x", Trusted.of("", host.url), Names(["127.0.0.1"]))


@pytest.mark.parametrize(("told", "seconds"), [("7", 7), ("99999", 3600), ("soon", None)])
def test_a_host_says_when_to_come_back(told: str, seconds: float | None) -> None:
    answer = reply(429, b"", Retry_After=told)
    with Provider.running(answer) as host, pytest.raises(ProviderAway) as away:
        get(host.url + "/x", Trusted.of("", host.url), Names(["127.0.0.1"]))
    assert error_of(away.value).retry_after == seconds


def test_nobody_there_is_away() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ProviderAway):
        get(url, Trusted.of("", url), Names(["127.0.0.1"]))


def test_what_goes_wrong_names_no_address() -> None:
    url = f"http://127.0.0.1:{free_port()}/private"
    with pytest.raises(MediaError) as told:
        get(url, Trusted.of("", url), Names(["127.0.0.1"]))
    assert "127.0.0.1" not in told.value.detail
    assert "private" not in told.value.detail
