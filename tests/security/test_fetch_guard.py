"""The one guard of outbound fetches against a corpus of what has led others inside.

Every address is tried as a file's and as where a redirect leads: nothing inside is ever asked.
"""

from __future__ import annotations

import ast
import asyncio
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver
from yarl import URL

from shared.media.errors import MediaError, NotAFile, NotAllowed, Redirected, TooLarge
from shared.media.fetch import Fetcher
from shared.media.hosts import Allowed, Trusted, is_public
from shared.media.meter import Meter
from tests.delivery.provider import Provider, hang, reply, send_and_cut
from tests.media.test_fetch import Names
from tests.waits import WAIT_S

ROOT = Path(__file__).resolve().parents[2]
HOSTS = frozenset({"*.mypurecloud.de", "lookaside.fbsbx.com"})
ALLOWED = Allowed(HOSTS, Trusted())

INSIDE = [
    # loopback, in every spelling that a resolver or a library may take
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1"),
    *("017700000001", "0", "0.0.0.0", "00000177.1", "127.0.0.1.", "[::1]", "[::]", "[0:0::1]"),
    *("localhost", "LOCALHOST", "localhost.", "sub.localhost", "ip6-localhost"),
    # IPv4 in IPv6: mapped, compatible, NAT64, 6to4, Teredo, ISATAP
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
    *("[64:ff9b:1::7f00:1]", "[2002:7f00:1::1]", "[2001:0:53aa:64c:0:fbff:80ff:fffe]"),
    *("[fe80::5efe:127.0.0.1]", "[::ffff:0:127.0.0.1]"),
    # link-local and the metadata of clouds
    *("169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "[fe80::1]"),
    *("[fe80::1%25eth0]", "[fd00:ec2::254]", "metadata.google.internal", "100.100.100.200"),
    # private, shared, benchmarks, documentation, multicast, reserved, broadcast
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255"),
    *("198.18.0.1", "192.0.2.1", "192.0.0.8", "224.0.0.251", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "[ff02::1]", "[fc00::1]", "[fec0::1]", "[2001:db8::1]", "[100::1]"),
    # wildcard DNS, and letters that look like others
    *(
        "127.0.0.1.nip.io",
        "10.0.0.1.sslip.io",
        "\u2460\u2461\u2466.0.0.1",
        "127\u30020\u30020\u30021",
    ),
    *("\uff11\uff12\uff17.0.0.1", "loc\u0430lhost", "api.mypurecl\u043eud.de"),
]
DECEIVING = [
    "https://api.mypurecloud.de@127.0.0.1/x",
    "https://127.0.0.1#@api.mypurecloud.de/",
    "https://127.0.0.1?api.mypurecloud.de/x",
    "https://127.0.0.1\\@api.mypurecloud.de/x",
    "https://api.mypurecloud.de\\.evil.example/x",
    "https://api.mypurecloud.de%2eevil.example/x",
    "https://api.mypurecloud.de%00.evil.example/x",
    "https://api.mypurecloud.de:443@evil.example/x",
    "https://:password@api.mypurecloud.de/x",
    "https://user@api.mypurecloud.de/x",
    "https://api.mypurecloud.de.evil.example/x",
    "https://evil.example/https://api.mypurecloud.de/x",
    "https://xmypurecloud.de/x",
    "https://.mypurecloud.de/x",
    "https://mypurecloud.de/x",
    "https://api.mypurecloud.de./x",
    "https://api.mypurecloud.de../x",
    "https://api.mypurecloud.de:80/x",
    "https://api.mypurecloud.de:0/x",
    "https://api.mypurecloud.de:22/x",
    "https://api.mypurecloud.de:6379/x",
    "http://api.mypurecloud.de/x",
    "HTTP://api.mypurecloud.de/x",
    "gopher://api.mypurecloud.de/x",
    "file://api.mypurecloud.de/etc/passwd",
    "ftp://api.mypurecloud.de/x",
    "dict://api.mypurecloud.de:11211/stat",
    "jar:https://api.mypurecloud.de/x!/",
    "javascript:alert(1)",
    "data:text/plain;base64,eA==",
    "https:api.mypurecloud.de",
    "https:///x",
    "https://",
    "//api.mypurecloud.de/x",
    " https://evil.example/x",
    "https://\r\nHost: api.mypurecloud.de/x",
    "https://[::1/x",
    "https://[api.mypurecloud.de]/x",
    "https://api.mypurecloud.de:port/x",
    "https://lookaside.fbsbx.com.127.0.0.1.nip.io/x",
    "",
    "\x00",
]


@pytest.mark.parametrize("host", INSIDE, ids=ascii)
def test_a_host_that_leads_inside_is_not_on_any_list(host: str) -> None:
    for address in (f"https://{host}/x", f"http://{host}/x", f"https://{host}:443/x"):
        with pytest.raises(NotAllowed):
            ALLOWED.check(address)


@pytest.mark.parametrize("address", DECEIVING, ids=ascii)
def test_an_address_that_only_looks_like_a_listed_one_is_refused(address: str) -> None:
    with pytest.raises(NotAllowed):
        ALLOWED.check(address)


def fetched(url: str, names: AbstractResolver, trusted: Trusted = Trusted()) -> bytes:  # noqa: B008
    async def run() -> bytes:
        async with (
            asyncio.timeout(WAIT_S),
            Fetcher.open(trusted, connect=1, stall=0.5, resolver=names) as fetcher,
            fetcher.get(URL(url)) as download,
        ):
            meter = Meter(download.chunks(), max_bytes=100_000)
            return b"".join([chunk async for chunk in meter])

    return asyncio.run(run())


@pytest.mark.parametrize("host", INSIDE, ids=ascii)
def test_even_past_the_list_nothing_inside_is_connected_to(host: str) -> None:
    """As if the list had let it through, and DNS said loopback to every name."""
    with Provider.running(reply(200, b"secret")) as inside:
        try:
            url = str(URL(f"http://{host}:{URL(inside.url).port}/x"))
        except ValueError:
            return  # no library of ours takes it for an address
        with pytest.raises(MediaError):
            fetched(url, Names(["127.0.0.1"]))
        assert inside.seen == []


def test_a_name_is_asked_once_and_that_answer_is_what_is_connected_to() -> None:
    """Rebinding: the first answer is public, the next would be private."""
    with Provider.running(reply(200, b"secret")) as inside:
        names = Names(["192.0.2.7"], ["127.0.0.1"])
        with pytest.raises(NotAllowed):  # a documentation address: not public, and not re-asked
            fetched(f"http://api.mypurecloud.de:{URL(inside.url).port}/x", names)
        assert len(names.asked) == 1
        both = Names(["8.8.8.8", "127.0.0.1"])
        with pytest.raises(NotAllowed):
            fetched(f"http://api.mypurecloud.de:{URL(inside.url).port}/x", both)
        assert inside.seen == []


WHERE = ["http://127.0.0.1:1/", "https://169.254.169.254/", "file:///etc/passwd", "//evil.example/"]


@pytest.mark.parametrize("location", WHERE)
def test_a_redirect_is_never_followed_by_the_guard_itself(location: str) -> None:
    """Whoever may follow one checks where it leads as if it were a new address."""
    with Provider.running(reply(302, b"", Location=location)) as host:
        with pytest.raises(Redirected) as way:
            fetched(host.url + "/x", Names(["127.0.0.1"]), Trusted.of("", host.url))
        assert len(host.seen) == 1
        with pytest.raises(NotAllowed):
            ALLOWED.check(str(URL("https://api.mypurecloud.de/x").join(URL(way.value.location))))


def test_a_body_without_an_end_is_cut_and_one_that_stalls_is_left() -> None:
    endless = send_and_cut(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2_000_000)
    with Provider.running(endless) as host, pytest.raises(TooLarge):
        fetched(host.url + "/x", Names(["127.0.0.1"]), Trusted.of("", host.url))
    with Provider.running(hang) as host, pytest.raises(MediaError):
        fetched(host.url + "/x", Names(["127.0.0.1"]), Trusted.of("", host.url))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "x-bomb"])
def test_a_compressed_body_is_not_unpacked(encoding: str) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    answer = reply(200, bomb, Content_Encoding=encoding)
    with Provider.running(answer) as host, pytest.raises(NotAFile):
        fetched(host.url + "/x", Names(["127.0.0.1"]), Trusted.of("", host.url))


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4001::1", "1.1.1.1"])
def test_what_is_public_passes(address: str) -> None:
    assert is_public(address)


# Everything that opens connections, and whose word says where to.
CALLERS = {
    "shared/runtime/peer.py": "our own functions, by settings",
    "shared/media/fetch.py": "the guard",
    "shared/messaging/transport.py": "both providers, by settings and the list of regions",
    "shared/storage/streams.py": "S3, by settings",
    "shared/storage/objects.py": "S3, by settings",
    "functions/auth/handler.py": "the providers' token endpoints, by settings and regions",
    "shared/storage/database_url.py": "PostgreSQL, by settings",
    "parley/tenancy.py": "the tenancy function, by settings",
    "parley/doctor_checks.py": "what the settings name",
}
OPENERS = {"ClientSession", "TCPConnector", "urlopen", "PoolManager", "HTTPConnection"}
OPENERS |= {"create_connection", "open_connection", "AsyncClient", "HTTPSConnection"}
MODULES = {"requests", "urllib.request", "http.client", "httpx", "ftplib", "smtplib", "telnetlib"}


def openers() -> Iterator[str]:
    for folder in ("shared", "functions", "connector", "parley"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text())
            if any(_opens(node) for node in ast.walk(tree)):
                yield str(path.relative_to(ROOT))


def _opens(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name in MODULES for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.module in MODULES
    if isinstance(node, ast.Call):
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        return name in OPENERS
    return False


def test_nothing_else_in_the_product_can_call_out() -> None:
    """A new caller says here whose word it takes; data's word goes through the guard alone."""
    sdk = {"shared/messaging/spooled.py", "parley/objects.py"}  # minio, by settings
    assert set(openers()) - sdk == set(CALLERS)
