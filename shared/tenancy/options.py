"""What a tenant may choose for a channel: declared in the tenants file, carried in every event.

A tenant's options stand under all its channels' own, so only what was given is kept of either.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    field_validator,
    model_serializer,
)

from shared.runtime.faults import in_words

MAX_PARAMETERS = 20
MAX_PARAMETER = 1024  # characters: contracts/meta.md (c.3)

# What Meta takes of each (contracts/meta.md f, c.3): `en_US`, never `en-US`.
_TEMPLATE = in_words(
    r"^[a-z0-9_]{1,512}$", "is the template's name at Meta: small letters, digits and '_'"
)
_LANGUAGE = in_words(
    r"^[a-z]{2,3}(_[A-Za-z0-9]{2,4})?$",
    "is the template's language as Meta writes it, such as de or en_US, not en-US",
)
TemplateName = Annotated[str, StringConstraints(pattern=_TEMPLATE)]
Language = Annotated[str, StringConstraints(pattern=_LANGUAGE)]
_REFUSED = re.compile(r"[\n\r\t]| {5}")
Parameter = Annotated[str, StringConstraints(min_length=1, max_length=MAX_PARAMETER)]


class _Chosen(BaseModel):
    """Refuses a misspelt name, which would be silently without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Given(_Chosen):
    """Keeps only what was given, and reads what is stored as far as it can be used."""

    @model_serializer(mode="wrap")
    def _given(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only what was chosen, so that a default of one never hides a choice of the other."""
        whole: dict[str, Any] = handler(self)
        return {name: value for name, value in whole.items() if name in self.model_fields_set}

    @classmethod
    def read(cls, stored: Any) -> Self:
        """Them as they can be used: what is stored and is none of them (any more) is left out."""
        if isinstance(stored, cls):
            return stored
        given = stored if isinstance(stored, dict) else {}
        known = {name: value for name, value in given.items() if name in cls.model_fields}
        try:
            return cls.model_validate(known)
        except ValidationError as error:
            wrong = {fault["loc"][0] for fault in error.errors(include_url=False)}
            return cls.model_validate({k: v for k, v in known.items() if k not in wrong})


class FallbackTemplate(_Chosen):
    """The template that takes the place of a text outside the 24 hours.

    `{text}` in a parameter stands for the agent's words, on one line and cut to fit.
    """

    name: TemplateName
    language: Language
    parameters: list[Parameter] = Field(default_factory=list, max_length=MAX_PARAMETERS)

    @field_validator("parameters")
    @classmethod
    def _on_one_line(cls, parameters: list[str]) -> list[str]:
        for number, parameter in enumerate(parameters, start=1):
            if not parameter.strip() or _REFUSED.search(parameter):
                raise ValueError(
                    f"parameter {number} is blank, has a line break or tab, or more than four "
                    "blanks in a row: Meta refuses it"
                )
        return parameters


class ChannelOptions(_Given):
    """The options of a channel, or of a tenant for all its channels."""

    suspended_answer: Literal["refuse", "receipt"] = "refuse"
    media_mode: Literal["upload", "link"] = "upload"
    fallback_template: FallbackTemplate | None = None
    typing: bool = Field(True, strict=True)


# As a browser says it: lower case, without a path; plain http on one's own machine alone.
Origin = Annotated[
    str,
    StringConstraints(
        pattern=in_words(
            r"^(https://[a-z0-9.-]{1,253}(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?)$",
            "is an origin as a browser sends it, such as https://desk.example.com: small letters, "
            "no path; http:// for localhost alone",
        )
    ),
]


class Retention(_Chosen):
    """Days after which `parley retention` removes messages, raw webhooks and files.

    S3 keeps the two latter for 30 days at most, and raw webhooks go with their messages. None: as
    the platform has it. Messages: eight days at least, as Meta repeats webhooks for seven.
    """

    messages_days: int | None = Field(None, ge=8, le=3650)
    raw_days: int | None = Field(None, ge=1, le=30)
    media_days: int | None = Field(None, ge=1, le=30)


class TenantOptions(ChannelOptions):
    """The options of a tenant: those of a channel, for all of its channels, and its own."""

    cors_origins: list[Origin] = Field(default_factory=list, max_length=20)
    retention: Retention | None = None


class ChannelLimits(_Given):
    """What the providers allow a channel, where it is not what they allow everybody.

    Messages a second: Meta gives a coexistence number 20, an upgraded one 1000
    (contracts/meta.md e).
    """

    messages_per_second: Annotated[float, Field(ge=1, le=1000)] | None = None
