"""Where a request comes from, as far as that can be believed: strangers are counted by it.

`X-Forwarded-For` is believed only where the operator's own proxies wrote it (TRUSTED_PROXIES).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request

UNKNOWN = "unknown"
_NET = 64  # bits: what one subscriber has of IPv6 (RFC 6177)


def source_of(request: Request, proxies: int) -> str:
    """An IPv4 address or an IPv6 network; UNKNOWN for all that tell neither.

    `proxies`: so many of the operator's own stand before us and each adds whom it saw.
    """
    peer = request.client.host if request.client else ""
    if not proxies:
        return _named(peer)
    listed = ",".join(request.headers.getlist("x-forwarded-for")).rsplit(",", proxies)
    told = listed[-proxies].strip() if len(listed) >= proxies else ""
    return _named(told or peer)


def _named(address: str) -> str:
    found = _read(address)
    if isinstance(found, IPv6Address):
        inside = found.ipv4_mapped
        return str(inside or ip_network((int(found), _NET), strict=False))
    return UNKNOWN if found is None else str(found)


def _read(address: str) -> IPv4Address | IPv6Address | None:
    """`1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]:80`; else None."""
    for text in (address, address.rpartition(":")[0]):
        try:
            return ip_address(text.removeprefix("[").removesuffix("]"))
        except ValueError:
            continue
    return None
