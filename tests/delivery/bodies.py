"""Requests that tests of this room share."""

from typing import Any

from tests.delivery.provider import NUMBER, TEXT

KEY = "a-service-token-key-of-forty-characters!"
TENANT = "11111111-1111-4111-8111-111111111111"
CHANNEL = "22222222-2222-4222-8222-222222222222"
INTEGRATION = "3f1c2d4e-aaaa-4000-8000-123456789abc"

WHATSAPP: dict[str, Any] = {
    "tenant_id": TENANT,
    "channel_id": CHANNEL,
    "phone_number_id": "106540352242922",
    "credential": "default",
    "body": {"messaging_product": "whatsapp", "to": NUMBER, "text": {"body": TEXT}},
}
GENESYS: dict[str, Any] = {
    "tenant_id": TENANT,
    "channel_id": CHANNEL,
    "integration_id": INTEGRATION,
    "region": "mypurecloud.de",
    "credential": "default",
    "body": {"channel": {"from": {"id": "+" + NUMBER, "idType": "Phone"}}, "text": TEXT},
}
