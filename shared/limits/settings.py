"""The settings of the limits: what both providers allow, and what we allow who calls our API."""

from typing import Literal

from pydantic import Field

from shared.limits.client_math import Budget
from shared.limits.values import Payback, Rules
from shared.runtime.settings import Settings


class SharedLimitSettings(Settings):
    """Of all limits that replicas share."""

    rate_limits: Literal["on", "off"] = Field(
        "on", description="`off` only where nobody else counts either, such as load tests"
    )
    rate_local_share: float = Field(
        0.2,
        gt=0,
        le=1,
        description="Part of every limit that one replica takes while Redis is away: 1 / replicas",
    )


class LimitSettings(SharedLimitSettings):
    """Of both delivery functions."""

    rate_longest_wait_seconds: float = Field(
        0.5,
        ge=0,
        le=5,
        description="A send waits so long in place for its turn; longer waits are the queue's",
    )


class NumberSettings(LimitSettings):
    """Of wa-api (contracts/meta.md e)."""

    number_per_second: float = Field(
        80.0, ge=1, le=1000, description="Messages a second of a number that has no own limit"
    )
    pair_seconds: float = Field(
        6.0, gt=0, le=600, description="To one customer one message in so long, in the long run"
    )
    pair_burst: int = Field(45, ge=1, le=100_000, description="Messages ahead of that at most")
    pair_payback: Payback = Field(
        "whole",
        description=(
            "Once the burst is used up: the `whole` debt is waited for, or one message goes out at"
            " the `rate` of PAIR_SECONDS"
        ),
    )

    def rules(self) -> Rules:
        """What every number obeys."""
        return Rules(
            longest_wait=self.rate_longest_wait_seconds,
            pair_seconds=self.pair_seconds,
            pair_burst=self.pair_burst,
            payback=self.pair_payback,
        )


class CallerSettings(SharedLimitSettings):
    """Of api-gateway."""

    api_client_per_minute: int = Field(
        600, ge=10, le=1_000_000, description="API calls a minute of one key or person"
    )
    api_tenant_per_minute: int = Field(
        3000, ge=10, le=10_000_000, description="API calls a minute of all of a tenant's together"
    )


class ClientSettings(LimitSettings):
    """Of genesys-api (contracts/genesys.md b7)."""

    client_per_minute: int = Field(
        300, ge=1, description="Calls a minute of an OAuth client until its answers tell another"
    )
    receipts_reserve: float = Field(
        0.2, ge=0, lt=1, description="Last part of a minute's calls, which is for messages alone"
    )

    def budget(self) -> Budget:
        """What every client obeys."""
        return Budget(per_minute=self.client_per_minute, reserve=self.receipts_reserve)
