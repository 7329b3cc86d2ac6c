"""Whose an event is and which way it goes: what the door told, so that nobody asks again."""

from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, ValidationError

from shared.messaging.envelope import Event
from shared.runtime.errors import BadInput
from shared.services.delivery import (
    GenesysSend,
    IntegrationId,
    Name,
    Names,
    PhoneNumberId,
    Uuid,
    WhatsAppSend,
)
from shared.tenancy.options import ChannelLimits, ChannelOptions

Options = Annotated[ChannelOptions, BeforeValidator(ChannelOptions.read)]
ReadLimits = Annotated[ChannelLimits, BeforeValidator(ChannelLimits.read)]


class RawPlace(BaseModel):
    """Where the webhook's own bytes lie."""

    bucket: str
    key: str


class Whose(BaseModel):
    """The tenant of an event, and its channel where it is of one; when its webhook reached us."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    tenant_id: Uuid
    channel_id: Uuid | None
    received_at: AwareDatetime
    raw: RawPlace | None = None

    @classmethod
    def of(cls, event: Event) -> Self:
        """Read it from an event. Raises BadInput naming what is missing or no such thing."""
        own = {name: value for name, value in event.data.items() if name in cls.model_fields}
        whose = {"tenant_id": event.tenantid, "channel_id": event.channelid}
        try:
            return cls.model_validate(own | whose)
        except ValidationError as error:
            missing = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
            raise BadInput(f"the event does not say its {missing}") from None

    @property
    def raw_ref(self) -> str | None:
        """The raw bytes as `bucket/key`."""
        return None if self.raw is None else f"{self.raw.bucket}/{self.raw.key}"


class Route(Whose):
    """One channel's two ends, and what its tenant chose for it."""

    channel_id: Uuid
    phone_number_id: PhoneNumberId
    integration_id: IntegrationId
    region: Name
    whatsapp_credential: Name
    genesys_credential: Names
    options: Options = ChannelOptions()
    limits: ReadLimits = ChannelLimits()

    def to_genesys(self, body: dict[str, Any]) -> GenesysSend:
        """A finished body, addressed to this channel's integration."""
        return GenesysSend(
            tenant_id=self.tenant_id,
            channel_id=self.channel_id,
            integration_id=self.integration_id,
            region=self.region,
            credential=self.genesys_credential,
            body=body,
        )

    def to_whatsapp(self, body: dict[str, Any]) -> WhatsAppSend:
        """A finished body, addressed from this channel's number."""
        return WhatsAppSend(
            tenant_id=self.tenant_id,
            channel_id=self.channel_id,
            phone_number_id=self.phone_number_id,
            credential=self.whatsapp_credential,
            per_second=self.limits.messages_per_second,
            body=body,
        )
