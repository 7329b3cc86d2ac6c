"""API keys as they are made, listed and revoked. The key itself is shown once, in one answer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.services.fields import Moment
from shared.tenancy.files import Name
from shared.tenancy.models import WireSecret
from shared.tenancy.roles import Role, Scope

LONGEST_DAYS = 730


class KeyRequest(BaseModel):
    """A key to be made. `scopes` empty: all that the role has."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Name
    role: Role = "viewer"
    scopes: list[Scope] = Field(default_factory=list)
    expires_in_days: int = Field(90, ge=1, le=LONGEST_DAYS, strict=True)


class KeyView(BaseModel):
    """A key without itself; `prefix` is its first letters, to be known by."""

    id: str
    name: str
    prefix: str
    role: Role
    scopes: list[str]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None


class KeyMade(KeyView):
    """A key, this once."""

    # Shown this once; pydantic would publish every secret as one that is never answered.
    key: Annotated[WireSecret, Field(json_schema_extra={"writeOnly": False})]


class Revoked(BaseModel):
    """A key that is good no more."""

    id: str


class KeyList(BaseModel):
    """The keys of a tenant, or of the platform; the newest first, at most 1000."""

    keys: list[KeyView]
