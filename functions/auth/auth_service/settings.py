"""What the auth function needs to be told."""

from pydantic import Field

from shared.runtime.settings import (
    OPTIONAL_ADDRESS,
    AuthKeySettings,
    GraphSettings,
    RedisSettings,
    VaultSettings,
)
from shared.tenancy.regions import GenesysApiSettings


class Settings(RedisSettings, AuthKeySettings, VaultSettings, GraphSettings, GenesysApiSettings):
    """Where the credentials are, and who gives tokens for them."""

    tenancy_url: str
    genesys_login_base_url: str = Field(
        "",
        pattern=OPTIONAL_ADDRESS,
        description="Asked instead of `https://login.{region}` when set",
    )
    credential_patrol_seconds: float = Field(
        300, gt=0, description="How often credentials are looked after; each is asked every 6 h"
    )
