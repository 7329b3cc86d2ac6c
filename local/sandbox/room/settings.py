"""Every number and switch of the simulators.

Defaults are what the real services do; what no public source tells is marked `unsure`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["sent", "delivered", "read", "played", "failed"]


class Part(BaseModel):
    """A group of settings; an unknown name is refused."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class GraphSettings(Part):
    """Meta's side."""

    latency_ms: float = Field(0, ge=0, description="an answer is given this long after the request")
    statuses: list[Status] = Field(
        ["sent", "delivered", "read"], description="what follows an accepted message; [] for none"
    )
    status_delay_ms: dict[Status, float] = Field(
        {"sent": 20, "delivered": 60, "read": 120, "played": 200, "failed": 60},
        description="from the acceptance to the webhook",
    )
    status_contacts: bool = Field(True, description="contacts[] beside sent, delivered and read")
    status_pricing: bool = Field(True, description="pricing and conversation in statuses")
    unknown_top_level: Literal["refuse", "ignore"] = Field(
        "refuse", description="unknown key beside `to` and `type` (unsure)"
    )
    window: Literal["refuse", "fail_later", "off"] = Field(
        "refuse", description="free text 24 h after the customer's last message: 131047 or failed"
    )
    window_hours: float = Field(24, gt=0)
    number_rate_per_second: float = Field(80, gt=0, description="over it: 130429")
    pair_seconds: float = Field(6, gt=0, description="one message to a customer in this time")
    pair_burst: int = Field(45, gt=0, description="borrowed ahead; over it: 131056")
    rate_limit_status: int = Field(400, description="HTTP status of 130429 and 131056 (unsure)")
    webhook_timeout_s: float = Field(5, gt=0, description="(unsure: 5 to 10)")
    retry_first_s: float = Field(5, ge=0, description="gap before the second attempt (unsure)")
    retry_factor: float = Field(2, ge=1, description="each gap is this much longer (unsure)")
    retry_for_s: float = Field(7 * 86400, ge=0, description="then it is given up")
    retry_scale: float = Field(1, ge=0, description="all gaps times this; 0.01 for tests")


class GenesysSettings(Part):
    """The platform API and its webhook sender."""

    latency_ms: float = Field(0, ge=0, description="an answer is given this long after the request")
    accepted_status: int = Field(202, ge=200, le=299, description="(unsure: 200 or 202)")
    rate_per_minute: int = Field(300, gt=0, description="a client; an org may have its own")
    max_body_bytes: int = Field(1_000_000, gt=0, description="over it: 413 (unsure)")
    unknown_integration: Literal[404, 400] = Field(404, description="(unsure)")
    dedupe: bool = Field(False, description="same (integration, messageId, time) answered as known")
    unknown_receipt: Literal["failed", "not_found"] = Field(
        "failed", description="2xx with status Failed, or 404 (unsure)"
    )
    receipt_statuses: list[str] = Field(["Delivered", "Failed"], description="others: 400")
    structured_needs_conversation: bool = Field(True, description="else 404 (unsure)")
    threading_hours: float = Field(72, ge=0, description="a reply later than this opens a new one")
    webhook_timeout_s: float = Field(10, gt=0)
    webhook_retries: int = Field(5, ge=0)
    webhook_retry_gap_s: float = Field(5, ge=0)
    retry_connection_errors: bool = Field(True, description="refused or cut connection (unsure)")
    retry_scale: float = Field(1, ge=0, description="the gap times this; 0.01 for tests")


class LoginSettings(Part):
    """OAuth."""

    latency_ms: float = Field(0, ge=0)
    expires_in: int = Field(86400, gt=0, description="seconds; a client may have its own")
    refused_status: Literal[400, 401] = Field(400, description="of invalid_client (unsure)")
    rate_per_minute: int = Field(300, gt=0, description="token requests of a client")


class RoomSettings(Part):
    """Bounds of memory and of the sender. The oldest goes first and is counted as dropped.

    With all of them reached the process holds about 400 MB.
    """

    max_records: int = Field(100_000, gt=0)
    max_record_bytes: int = Field(128_000_000, gt=0, description="of bodies")
    max_messages: int = Field(100_000, gt=0, description="in the conversation ledger")
    webhooks_in_flight: int = Field(100, gt=0)


class Settings(Part):
    """All of it. `limits: off` lifts the window and every rate, for load tests."""

    limits: Literal["real", "off"] = "real"
    graph: GraphSettings = Field(default_factory=GraphSettings)
    genesys: GenesysSettings = Field(default_factory=GenesysSettings)
    login: LoginSettings = Field(default_factory=LoginSettings)
    room: RoomSettings = Field(default_factory=RoomSettings)

    def change(self, changes: dict[str, Any]) -> None:
        """Take over `changes` (nested, names as here) all or not at all.

        Raises `pydantic.ValidationError` naming each wrong setting.
        """
        merged = self.model_dump()
        for name, value in changes.items():
            known = merged.get(name)
            merged[name] = {**known, **value} if isinstance(known, dict) else value
        checked = Settings.model_validate(merged)
        for name in Settings.model_fields:
            setattr(self, name, getattr(checked, name))
