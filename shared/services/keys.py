"""API keys as they are made, listed and revoked. The key itself is shown once, in one answer."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.services.fields import Moment
from shared.tenancy.files import Name
from shared.tenancy.models import WireSecret
from shared.tenancy.roles import ROLES, SCOPES, Role, Scope

LONGEST_DAYS = 730
LIVE_KEYS = 100  # of one tenant, or of the platform: far more than it has programs; ours
PAGE = 1000  # keys a page: all live ones are in the first


class KeyRequest(BaseModel):
    """A key to be made. `scopes` empty: all that the role has."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Name
    role: Role = "viewer"
    scopes: list[Scope] = Field(default_factory=list, max_length=len(SCOPES))
    expires_in_days: int = Field(90, ge=1, le=LONGEST_DAYS, strict=True)

    @model_validator(mode="after")
    def _within_the_role(self) -> Self:
        beyond = sorted(set(self.scopes) - ROLES[self.role])
        if beyond:
            raise ValueError(f"scopes: the role {self.role} has no {', '.join(beyond)}")
        return self


class KeyView(BaseModel):
    """A key without itself; `prefix` is its first letters, to be known by.

    `made_by`: the id of the key that made it, with which it ends.
    """

    id: str
    name: str
    prefix: str
    role: Role
    scopes: list[str]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None
    made_by: str | None = None


class KeyMade(KeyView):
    """A key, this once."""

    # Shown this once; pydantic would publish every secret as one that is never answered.
    key: Annotated[WireSecret, Field(json_schema_extra={"writeOnly": False})]


class Revoked(BaseModel):
    """A key that is good no more."""

    id: str


class KeyList(BaseModel):
    """The keys of a tenant, or of the platform: those that are good first, then the newest.

    At most 1000; `next_offset` is where the next page begins, None at the end.
    """

    keys: list[KeyView]
    next_offset: int | None = None
