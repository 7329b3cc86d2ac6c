"""What the auth function needs to be told."""

from pydantic import Field

from shared.runtime.settings import RedisSettings, ServiceAuthSettings, VaultSettings
from shared.tenancy.regions import RegionSettings


class Settings(RedisSettings, ServiceAuthSettings, VaultSettings, RegionSettings):
    """Where the credentials are, and who gives tokens for them."""

    tenancy_url: str
    genesys_login_base_url: str = Field(
        "",
        pattern=r"^(https?://[^\s]+)?$",
        description="Asked instead of `https://login.{region}` when set",
    )
    genesys_api_base_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+.*)?$",
        description="Asked instead of `https://api.{region}` when set",
    )
    graph_api_base_url: str = Field(
        "https://graph.facebook.com",
        pattern=r"^https?://[^\s/]+",
        description="Address of Meta's Graph API",
    )
    graph_api_version: str = Field(
        "v23.0", pattern=r"^v\d{1,3}\.\d{1,2}$", description="Version of the Graph API"
    )
    credential_patrol_seconds: float = Field(
        300, gt=0, description="How often credentials are looked after; each is asked every 6 h"
    )
