"""A look at a link that Meta is to fetch: what is asked of wa-api, and what it says."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.services.fields import Uuid

Url = Annotated[str, Field(min_length=1, max_length=2048)]  # as long as Meta's links may be


class LinkLook(BaseModel):
    """A link whose picture or film is to head a question: whether Meta takes what lies there."""

    model_config = ConfigDict(extra="forbid")

    tenant_id: Uuid
    channel_id: Uuid
    url: Url
    kind: Literal["image", "video"]
    seconds: float = Field(5.0, gt=0, le=20)


class LinkLooked(BaseModel):
    """Whether it does; None: that could not be seen."""

    model_config = ConfigDict(frozen=True)

    fits: bool | None = None
