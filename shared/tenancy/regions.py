"""Regions that an operator adds to Genesys Cloud's own, by the setting GENESYS_EXTRA_REGIONS."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from shared.runtime.settings import OPTIONAL_ADDRESS, Settings

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})+")


def extra_regions(setting: str) -> frozenset[str]:
    """Read domains parted by commas or blanks. Raises ValueError: a region is a bare domain."""
    domains = frozenset(setting.replace(",", " ").split())
    for domain in domains:
        if _DOMAIN.fullmatch(domain) is None:
            raise ValueError(f"{domain!r} is not a domain name in lower case")
    return domains


class RegionSettings(Settings):
    """Which regions a tenant may name beside Genesys Cloud's own."""

    genesys_extra_regions: str = Field(
        "", description="Domains of private regions of Genesys Cloud, parted by commas"
    )

    @field_validator("genesys_extra_regions")
    @classmethod
    def _domains(cls, setting: str) -> str:
        extra_regions(setting)
        return setting


class GenesysApiSettings(RegionSettings):
    """Where Genesys Cloud's API is."""

    genesys_api_base_url: str = Field(
        "", pattern=OPTIONAL_ADDRESS, description="Asked instead of `https://api.{region}` when set"
    )
