"""What a function that moves files wants to know."""

from __future__ import annotations

from pydantic import Field

from shared.runtime.settings import ObjectSettings, Settings


class FetchSettings(Settings):
    """Where may be fetched from."""

    fetch_allowed_hosts: str = Field(
        "",
        description=(
            "More places that files may be fetched from, parted by commas: `host` (port 443), "
            "`host:port` or `*.domain`; these may be private and speak plain http. Whatever "
            "answers there can be sent to a customer"
        ),
    )


class MediaSettings(ObjectSettings, FetchSettings):
    """Where files may come from, and how many move at once."""

    media_at_once: int = Field(
        8,
        ge=1,
        le=32,
        description=(
            "Files that one replica moves at once, half of them for one tenant; each has up to 8 MB"
        ),
    )
