"""The settings of state: how long a claim holds, and when a send of unknown fate is repeated."""

from typing import Self

from pydantic import Field, model_validator

from shared.runtime.settings import DatabaseSettings, RedisSettings, ServiceAuthSettings


class Settings(DatabaseSettings, RedisSettings, ServiceAuthSettings):
    """How long a claim is held, and a send of unknown fate waits for a status before a repeat."""

    claim_lease_seconds: float = Field(
        60, gt=0, description="How long an attempt holds a message before another may take it"
    )
    resend_unknown_seconds: float = Field(
        300,
        description=(
            "Wait before a send of unknown fate is repeated, no shorter than the lease; "
            "negative: never repeated"
        ),
    )

    @model_validator(mode="after")
    def _waits_for_the_sender(self) -> Self:
        """Whose lease has ended may still be sending: nobody repeats that sooner."""
        if 0 <= self.resend_unknown_seconds < self.claim_lease_seconds:
            raise ValueError(
                f"RESEND_UNKNOWN_SECONDS ({self.resend_unknown_seconds:g}) is shorter than "
                f"CLAIM_LEASE_SECONDS ({self.claim_lease_seconds:g}): a sender that is slow would "
                "be repeated; make it longer, or negative for never"
            )
        return self
