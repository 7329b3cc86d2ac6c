"""What every event of a webhook carries: when and where it came in, and its channel's two ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.runtime.clock import rfc3339
from shared.tenancy.models import Resolution
from shared.wire.body import Json


@dataclass(frozen=True)
class Arrival:
    """When the body reached us, and where its bytes lie."""

    received_at: datetime
    bucket: str
    key: str


def carried(owner: Resolution, arrival: Arrival) -> Json:
    """What the functions behind the queue would otherwise have to ask for again.

    `shared.services.route` reads it there.
    """
    return {
        "phone_number_id": owner.phone_number_id,
        "integration_id": owner.integration_id,
        "region": owner.region,
        "whatsapp_credential": owner.whatsapp_credential,
        "genesys_credential": owner.genesys_credential,
        "options": owner.options,
        "limits": owner.limits,
        "raw": {"bucket": arrival.bucket, "key": arrival.key},
        "received_at": rfc3339(arrival.received_at),
    }
