"""Which addresses a file may come from."""

import pytest
from yarl import URL

from shared.media.errors import NotAllowed
from shared.media.hosts import Allowed, Trusted, is_public

REGION = frozenset({"*.mypurecloud.de", "lookaside.fbsbx.com"})
NAMED = "127.0.0.1:3100, Files.internal:8443 *.lab:80 Safe.internal [fd00::1] [fd00::2]:8443"
TRUSTED = Trusted.of(NAMED, "http://graph.local:3100/graph", "")

FINE = [
    "https://api.mypurecloud.de/api/v2/downloads/1",
    "https://api-downloads.mypurecloud.de/x?y=z",
    "https://API.MyPureCloud.de/x",
    "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1",
    "http://127.0.0.1:3100/genesys/download",
    "https://files.internal:8443/a",
    "http://files.internal:8443/a",
    "http://graph.local:3100/media/1",
    "http://printer.lab/a",
    "https://safe.internal/a",
    "https://[fd00::1]/a",
    "http://[fd00::2]:8443/a",
]
FORBIDDEN = [
    "http://api.mypurecloud.de/x",
    "https://api.mypurecloud.de:8443/x",
    "https://mypurecloud.de.evil.example/x",
    "https://evilmypurecloud.de/x",
    "https://mypurecloud.de/x",
    "https://api.mypurecloud.de./x",
    "https://api.mypurecloud.de@evil.example/x",
    "https://user:pass@api.mypurecloud.de/x",
    "https://evil.example/x",
    "https://fbsbx.com/x",
    "https://10.0.0.1/x",
    "https://[::1]/x",
    "http://files.internal/a",
    "http://127.0.0.1:9412/metrics",
    "http://127.0.0.1/a",
    "http://safe.internal/a",
    "https://safe.internal:8443/a",
    "http://printer.lab:9412/metrics",
    "http://[fd00::1]:9412/metrics",
    "http://graph.local/media/1",
    "http://lab/a",
    "ftp://api.mypurecloud.de/x",
    "file:///etc/passwd",
    "data:text/plain,hi",
    "//api.mypurecloud.de/x",
    "/relative",
    "https://",
    "https://[broken/x",
    "https://api.mypurecloud.de:99999/x",
    "",
]


@pytest.mark.parametrize("address", FINE)
def test_an_address_of_a_listed_host_is_fetched(address: str) -> None:
    assert Allowed(REGION, TRUSTED).check(address) == URL(address)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_every_other_address_is_not(address: str) -> None:
    with pytest.raises(NotAllowed):
        Allowed(REGION, TRUSTED).check(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "157.240.1.1", "2a03:2880:f003::1", "64:ff9b::8.8.8.8"]
)
def test_addresses_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *("fec0::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254"),
        *("64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "2002:a00:1::1", "2001:0:808:808::1"),
        *("::127.0.0.1", "2001:db8::1", "fd00:ec2::254", "2130706433", "no address", ""),
    ],
)
def test_addresses_of_everything_else(address: str) -> None:
    assert not is_public(address)
