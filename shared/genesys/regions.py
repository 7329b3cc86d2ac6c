"""The Genesys Cloud regions a tenant may name: a secret of ours never goes to any other host."""

from collections.abc import Iterable

# contracts/genesys.md (a), from PureCloudRegionHosts of the official SDK.
REGIONS: tuple[str, ...] = (
    "mypurecloud.com",
    "use2.us-gov-pure.cloud",
    "usw2.pure.cloud",
    "cac1.pure.cloud",
    "mxc1.pure.cloud",
    "sae1.pure.cloud",
    "mypurecloud.ie",
    "euw2.pure.cloud",
    "mypurecloud.de",
    "euc2.pure.cloud",
    "edee1.eusc-pure.cloud",
    "mec1.pure.cloud",
    "aps1.pure.cloud",
    "apse1.pure.cloud",
    "mypurecloud.com.au",
    "mypurecloud.jp",
    "apne2.pure.cloud",
    "apne3.pure.cloud",
)


def known_region(region: str, extra: Iterable[str] = ()) -> bool:
    """Whether `region` is a Genesys domain, or one the operator added by setting."""
    return region in REGIONS or region in tuple(extra)
