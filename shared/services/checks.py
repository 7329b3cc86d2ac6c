"""What became of a look at a tenant: its credentials, numbers and integrations at the providers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shared.services.fields import Moment
from shared.tenancy.files import Slug
from shared.tenancy.models import Provider

TIMEOUT = 60.0  # seconds; some calls of each provider for each channel

Verdict = Literal["good", "warning", "unseen", "wrong"]
CredentialHealth = Literal["unknown", "good", "expiring", "bad"]


class CheckRequest(BaseModel):
    """Which tenant."""

    tenant: Slug


class Finding(BaseModel):
    """One thing that was looked at. `fix` says what to do, when it is not good."""

    about: str
    what: str
    verdict: Verdict
    words: str
    fix: str = ""


class TenantChecked(BaseModel):
    """All of a tenant's findings."""

    tenant: str
    findings: list[Finding] = Field(default_factory=list)


class Standing(BaseModel):
    """How a credential stands. `health_at`: when its provider last told; silence tells nothing."""

    tenant_id: str
    tenant: str
    kind: Provider
    name: str
    health: CredentialHealth
    health_detail: str | None = None
    health_at: Moment | None = None
    expires_at: Moment | None = None


class Standings(BaseModel):
    """Those of all active tenants."""

    credentials: list[Standing]
