"""Genesys Cloud's regions. A region outside the list would let a tenant aim our secrets anywhere.

Source: contracts/genesys.md (a), from PureCloudRegionHosts of the official SDK 269.0.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

REGIONS: dict[str, str] = {
    "mypurecloud.com": "us-east-1",
    "use2.us-gov-pure.cloud": "us-east-2",
    "usw2.pure.cloud": "us-west-2",
    "cac1.pure.cloud": "ca-central-1",
    "mxc1.pure.cloud": "mx-central-1",
    "sae1.pure.cloud": "sa-east-1",
    "mypurecloud.ie": "eu-west-1",
    "euw2.pure.cloud": "eu-west-2",
    "mypurecloud.de": "eu-central-1",
    "euc2.pure.cloud": "eu-central-2",
    "edee1.eusc-pure.cloud": "eusc-de-east-1",
    "mec1.pure.cloud": "me-central-1",
    "aps1.pure.cloud": "ap-south-1",
    "apse1.pure.cloud": "ap-southeast-1",
    "mypurecloud.com.au": "ap-southeast-2",
    "mypurecloud.jp": "ap-northeast-1",
    "apne2.pure.cloud": "ap-northeast-2",
    "apne3.pure.cloud": "ap-northeast-3",
}

_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
)


def extra_regions(setting: str) -> frozenset[str]:
    """Read GENESYS_EXTRA_REGIONS: domains parted by commas or blanks. Raises ValueError."""
    domains = frozenset(setting.replace(",", " ").split())
    for domain in domains:
        if _DOMAIN.fullmatch(domain) is None:
            raise ValueError(f"{domain!r} is not a domain name in lower case")
    return domains


def is_region(domain: str, extra: Iterable[str] = ()) -> bool:
    """Whether `domain` is a region of Genesys Cloud, or one that the operator added."""
    return domain in REGIONS or domain in frozenset(extra)
