"""What an operator declares of a tenant: the shape of a tenants file, and what makes it wrong.

Unknown keys are refused, so that a misspelt one is not silently without effect.
"""

import re
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from shared.runtime.faults import in_words
from shared.tenancy.forms import DIGITS, INTEGRATION
from shared.tenancy.models import DEFAULT_CREDENTIAL, PLATFORM_APP, Status, WireSecret
from shared.tenancy.options import ChannelLimits, ChannelOptions, TenantOptions
from shared.wire.printed import is_printable

# contracts/genesys.md (c): Genesys takes webhook secrets longer than 15 characters.
MIN_WEBHOOK_SECRET = 16
# Meta's app secrets have 32 hexadecimal digits; the verify token is the operator's own to make up.
MIN_APP_SECRET = 16

NAME = in_words(
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
    "is no name: up to 63 letters, digits, '.', '_' and '-', a letter or digit first",
)
_NAME = re.compile(NAME)
_UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
MOST_CLIENTS = 8


def _trimmed(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if not value or value != value.strip():
        raise ValueError("is empty or has blanks or line ends around it")
    return secret


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < MIN_WEBHOOK_SECRET:
        raise ValueError("is too short: Genesys takes webhook secrets longer than 15 characters")
    return secret


def _hard_to_guess(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < MIN_APP_SECRET:
        raise ValueError(f"is too short: {MIN_APP_SECRET} characters or more, else it is guessed")
    return secret


def _printable(text: str) -> str:
    """A name stands in lines that are printed: it must not begin one, or turn it around."""
    if not is_printable(text):
        raise ValueError("holds a control character, an end of line or a mark of direction")
    return text


def _no_id(slug: str) -> str:
    """Tenants are asked for by slug or id: one's name must never be another's id."""
    if _UUID.fullmatch(slug):
        raise ValueError("looks like an id; take a word")
    return slug


def _joined(names: Any) -> Any:
    texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return ",".join(names) if texts else names


def _names(text: str) -> str:
    names = text.split(",")
    if len(names) > MOST_CLIENTS or len(set(names)) < len(names):
        raise ValueError(f"takes up to {MOST_CLIENTS} names, each once")
    if not all(_NAME.fullmatch(name) for name in names):
        raise ValueError("is no name, or no list of names: letters, digits, '.', '_', '-'")
    return text


Secret = Annotated[WireSecret, AfterValidator(_trimmed)]
WebhookSecret = Annotated[Secret, AfterValidator(_long_enough)]
AppSecret = Annotated[Secret, AfterValidator(_hard_to_guess)]
_SLUG = in_words(
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    "is no slug such as acme-bank: up to 63 small letters, digits and '-', none of these at an end",
)
_REGION = in_words(
    r"^[a-z0-9.-]{1,253}$", "is a domain in small letters, such as mypurecloud.de, without https://"
)
_CLIENT = in_words(r"^\S+$", "is the id of an OAuth client, without blanks")
Slug = Annotated[str, StringConstraints(pattern=_SLUG)]
Name = Annotated[str, StringConstraints(pattern=NAME)]
Title = Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)]
Names = Annotated[str, BeforeValidator(_joined), AfterValidator(_names)]
Digits = Annotated[str, StringConstraints(pattern=DIGITS)]
IntegrationId = Annotated[str, StringConstraints(pattern=INTEGRATION)]
Region = Annotated[str, StringConstraints(pattern=_REGION)]


class Declared(BaseModel):
    """Base of all parts of the file."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class WhatsAppCredentialFile(Declared):
    """A token of Meta's Graph API."""

    access_token: Secret


class GenesysCredentialFile(Declared):
    """An OAuth client in a region of Genesys Cloud."""

    client_id: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_CLIENT)]
    client_secret: Secret
    region: Region


class CredentialsFile(Declared):
    """Credentials by provider, then by name."""

    whatsapp: dict[Name, WhatsAppCredentialFile] = Field(default_factory=dict)
    genesys: dict[Name, GenesysCredentialFile] = Field(default_factory=dict)


class AppFile(Declared):
    """A Meta app. A secret left out keeps the stored one."""

    app: Name
    app_secret: AppSecret | None = None
    verify_token: AppSecret | None = None


class ChannelFile(Declared):
    """One WhatsApp number joined to one Genesys integration.

    `genesys_credential` is one OAuth client, or a list of those that share its calls.
    """

    name: Name
    phone_number_id: Digits
    waba_id: Digits
    display_phone_number: str = Field("", max_length=40)
    integration_id: IntegrationId
    region: Region
    webhook_secret: WebhookSecret | None = None
    meta_app: Name = PLATFORM_APP
    whatsapp_credential: Name = DEFAULT_CREDENTIAL
    genesys_credential: Names = DEFAULT_CREDENTIAL
    status: Status = "active"
    limits: ChannelLimits = Field(default_factory=ChannelLimits)
    options: ChannelOptions = Field(default_factory=ChannelOptions)

    @property
    def genesys_credentials(self) -> list[str]:
        """Its OAuth clients."""
        return self.genesys_credential.split(",")


class TenantFile(Declared):
    """One tenant with its credentials, own Meta apps and channels.

    A secret, credential, app or channel left out stays as it is stored; any other field left out
    takes its default.
    """

    tenant: Annotated[Slug, AfterValidator(_no_id)]
    name: Title = ""
    status: Status = "active"
    options: TenantOptions = Field(default_factory=TenantOptions)
    credentials: CredentialsFile = Field(default_factory=CredentialsFile)
    apps: list[AppFile] = Field(default_factory=list)
    channels: list[ChannelFile] = Field(default_factory=list)

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        for what in ("name", "phone_number_id", "integration_id"):
            twice = _repeated([getattr(channel, what) for channel in self.channels])
            if twice:
                raise ValueError(f"channels: {what} {twice!r} is there twice")
        twice = _repeated([app.app for app in self.apps])
        if twice:
            raise ValueError(f"apps: {twice!r} is there twice")
        if any(app.app == PLATFORM_APP for app in self.apps):
            raise ValueError(f"apps: {PLATFORM_APP!r} is the platform's own; name yours otherwise")
        return self


class TenantsFile(Declared):
    """A whole file: the platform's Meta app, and tenants."""

    platform: AppFile | None = None
    tenants: list[TenantFile] = Field(default_factory=list)

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        twice = _repeated([tenant.tenant for tenant in self.tenants])
        if twice:
            raise ValueError(f"tenants: {twice!r} is there twice")
        return self


def _repeated(values: list[str]) -> str | None:
    return next((value for i, value in enumerate(values) if value in values[:i]), None)
