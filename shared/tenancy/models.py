"""What the doors know of a tenant: whose an identifier is, and the secrets that sign for it.

A secret never shows in a repr or a Python dump; only JSON between functions carries it.
"""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PlainSerializer, SecretStr

IdentifierKind = Literal["phone", "integration", "waba", "channel", "slug", "tenant"]
Provider = Literal["whatsapp", "genesys"]
Signer = Literal["meta", "genesys"]
Status = Literal["active", "suspended"]

PLATFORM_APP = "platform"
DEFAULT_CREDENTIAL = "default"

WireSecret = Annotated[
    SecretStr, PlainSerializer(SecretStr.get_secret_value, return_type=str, when_used="json")
]


class Resolution(BaseModel):
    """Whose an identifier is.

    Of a WABA, a slug or a tenant id only the tenant is known: the channel's fields are None.
    """

    tenant_id: str
    tenant_slug: str
    tenant_status: Status
    channel_id: str | None = None
    channel_name: str | None = None
    channel_status: Status | None = None
    phone_number_id: str | None = None
    waba_id: str | None = None
    integration_id: str | None = None
    region: str | None = None
    meta_app: str = PLATFORM_APP
    whatsapp_credential: str = DEFAULT_CREDENTIAL
    genesys_credential: str = DEFAULT_CREDENTIAL  # several: parted by commas
    limits: dict[str, Any] = Field(default_factory=dict)  # the channel's
    options: dict[str, Any] = Field(default_factory=dict)  # the tenant's, under the channel's

    @property
    def active(self) -> bool:
        """Whether messages may pass: neither the tenant nor the channel is suspended."""
        return self.tenant_status == "active" and self.channel_status in (None, "active")


class SigningSecrets(BaseModel):
    """What a webhook may be signed with: the secret, and the one before it while it is changed.

    `version` is another one after any change, and tells nothing of the secret.
    """

    version: str = ""
    current: WireSecret
    previous: WireSecret | None = None
    verify_token: WireSecret | None = None  # Meta apps only

    def accepted(self) -> list[SecretStr]:
        """Return the secrets to try, newest first."""
        return [self.current] if self.previous is None else [self.current, self.previous]


class WhatsAppCredential(BaseModel):
    """A system user's token of the Meta app."""

    access_token: WireSecret


class GenesysCredential(BaseModel):
    """An OAuth client of the kind client credentials, in its region."""

    client_id: str
    client_secret: WireSecret
    region: str


def secret_digest(credential: WhatsAppCredential | GenesysCredential) -> str:
    """SHA-256 that names one version of a credential where the secret itself must not be."""
    if isinstance(credential, WhatsAppCredential):
        told = credential.access_token.get_secret_value()
    else:
        secret = credential.client_secret.get_secret_value()
        told = f"{credential.client_id}\0{secret}\0{credential.region}"
    return hashlib.sha256(told.encode()).hexdigest()
