"""The gateway's settings: where the functions are, who vouches for people, how much is allowed."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from shared.limits.settings import CallerSettings
from shared.runtime.settings import RedisSettings, ServiceAuthSettings
from shared.runtime.settings import Settings as BaseSettings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")


class OidcSettings(BaseSettings):
    """The identity provider of people. Without an issuer there are API keys alone."""

    oidc_issuer: str = Field(
        "", description="The identity provider, as its tokens name it (`iss`); empty: API keys only"
    )
    oidc_audience: str = Field("", description="What its tokens for this API name (`aud`)")
    oidc_algorithms: str = Field(
        "RS256,ES256",
        description=f"Algorithms that tokens may be signed with, of {', '.join(ALGORITHMS)}",
    )
    oidc_tenant_claim: str = Field(
        "tenant", description="Claim that names the tenant, by slug or id; `a.b` looks into `a`"
    )
    oidc_roles_claim: str = Field(
        "roles", description="Claim that lists the roles; `realm_access.roles` at Keycloak"
    )
    oidc_allowed_hosts: str = Field(
        "",
        description=(
            "Places of the identity provider that may be private and speak plain http, parted by "
            "commas: `host` (port 443), `host:port` or `*.domain`"
        ),
    )
    oidc_leeway_seconds: float = Field(
        5.0, ge=0, le=60, description="How far the provider's clock may be off"
    )
    oidc_refetch_seconds: float = Field(
        10.0, gt=0, le=3600, description="Unknown keys make it ask the provider once in so long"
    )

    @field_validator("oidc_algorithms")
    @classmethod
    def _asymmetric(cls, text: str) -> str:
        names = text.replace(" ", "").split(",")
        if not set(names) <= set(ALGORITHMS):
            raise ValueError(f"may list {', '.join(ALGORITHMS)}")
        return ",".join(names)

    @model_validator(mode="after")
    def _for_us_alone(self) -> Self:
        if self.oidc_issuer and not self.oidc_audience:
            raise ValueError("OIDC_ISSUER needs OIDC_AUDIENCE: else tokens for others would pass")
        return self

    @property
    def algorithms(self) -> list[str]:
        """The allow-list."""
        return self.oidc_algorithms.split(",")


class Settings(OidcSettings, CallerSettings, RedisSettings, ServiceAuthSettings):
    """Where the functions behind the door are."""

    trusted_proxies: int = Field(
        0,
        ge=0,
        le=8,
        description=(
            "So many proxies of your own stand before api-gateway and write X-Forwarded-For: "
            "strangers are counted by the address that the first of them saw; 0: by who connects"
        ),
    )
    wa_webhook_url: str
    genesys_webhook_url: str
    state_url: str
    tenancy_url: str
