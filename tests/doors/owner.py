"""A tenant and its number, as the tests of what a door works out by itself know them."""

from shared.tenancy.models import Resolution

NUMBER = "106540352242922"
OWNER = Resolution(
    tenant_id="7e6f8f1e-6c1b-4c53-9d0a-0d7c2a2f7c10",
    tenant_slug="acme",
    tenant_status="active",
    channel_id="0c7b1f44-3d0a-4c6e-8a53-3a4bb9c8f1aa",
    channel_status="active",
    phone_number_id=NUMBER,
)
