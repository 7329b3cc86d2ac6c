"""Which addresses a file may be fetched from: https, listed hosts, public addresses alone.

Places that the operator named (FETCH_ALLOWED_HOSTS, OIDC_ALLOWED_HOSTS, a provider's base URL) may
be private and plain, each at its own port.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from yarl import URL

from shared.media.errors import NotAllowed

_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291 2.4: all that is given out
_6TO4 = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")
_HTTPS_PORT = 443
_HTTP_PORT = 80


@dataclass(frozen=True)
class Trusted:
    """Places that the operator named: `host:port` or `*.domain:port`, in lower case."""

    entries: frozenset[str] = frozenset()

    @classmethod
    def of(cls, setting: str, *base_urls: str) -> Trusted:
        """Those of the setting, parted by commas or blanks, and of the base URLs that are set.

        Without a port 443 is meant: beside what was meant, a host may have ports of others.
        """
        named = map(_with_port, setting.lower().replace(",", " ").split())
        bases = [_place(URL(url)) for url in base_urls if url]
        return cls(frozenset([*named, *bases]))

    def __contains__(self, place: tuple[str, int | None]) -> bool:
        """Whether a host with this port is one of them."""
        host, port = place
        return any(_within(f"{host}:{port}", entry) for entry in self.entries)


@dataclass(frozen=True)
class Allowed:
    """Where one file may come from: these hosts (`host` or `*.domain`), and the trusted ones."""

    hosts: frozenset[str]
    trusted: Trusted

    @classmethod
    def of(cls, hosts: Iterable[str], trusted: Trusted) -> Allowed:
        """As its fields say."""
        return cls(frozenset(hosts), trusted)

    def check(self, address: str) -> URL:
        """The address, when it may be fetched. Raises NotAllowed."""
        try:
            url = URL(address)
            host, port = (url.host or "").lower(), url.port
        except ValueError:
            raise NotAllowed("the file's address can not be read") from None
        if url.scheme not in ("http", "https") or not host or url.user or url.password:
            raise NotAllowed("the file's address is not one of https")
        if (host, port) in self.trusted:
            return url
        if url.scheme != "https" or port != _HTTPS_PORT:
            raise NotAllowed("a file is fetched over https on port 443 alone")
        if not any(_within(host, entry) for entry in self.hosts):
            raise NotAllowed("the file's host is not on the list: see FETCH_ALLOWED_HOSTS")
        return url


def check_open(address: str, trusted: Trusted) -> URL:
    """An address on the open internet, as Meta fetches from: any host, http too.

    Raises NotAllowed. Whether the host's address is a public one is seen when it is connected to.
    """
    try:
        url = URL(address)
        host, port = (url.host or "").lower(), url.port
    except ValueError:
        raise NotAllowed("the address can not be read") from None
    if url.scheme not in ("http", "https") or not host or url.user or url.password:
        raise NotAllowed("the address is not one of http or https")
    if (host, port) not in trusted and port not in (_HTTP_PORT, _HTTPS_PORT):
        raise NotAllowed("only ports 80 and 443 are asked")
    return url


def _within(host: str, entry: str) -> bool:
    if entry.startswith("*."):
        return host.endswith(entry[1:]) and not host.startswith(".")
    return host == entry


def _with_port(entry: str) -> str:
    named = entry if ":" in entry.rpartition("]")[2] else f"{entry}:{_HTTPS_PORT}"
    return named.replace("[", "").replace("]", "")  # IPv6: a URL's host is told without them


def _place(url: URL) -> str:
    return f"{(url.host or '').lower()}:{url.port}"


def is_public(address: str) -> bool:
    """Whether this is an IP address of the open internet. What wraps another one is not."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip in _NAT64:  # an IPv6-only network's way to IPv4
        ip = IPv4Address(int(ip) & 0xFFFF_FFFF)
    if isinstance(ip, IPv6Address):
        return ip in _GLOBAL_UNICAST and ip not in _6TO4 and ip.is_global
    return ip.is_global and not ip.is_multicast
