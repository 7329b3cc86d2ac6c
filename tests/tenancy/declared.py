"""Tenants to declare: each call gives one of its own numbers, so that tests share a database."""

from typing import Any
from uuid import uuid4


def tenant_file(**changes: Any) -> dict[str, Any]:
    """A complete tenant with one channel, its secrets recognisable."""
    own = uuid4().hex[:10]
    number = str(int(own, 16))
    file = {
        "tenant": f"acme-{own}",
        "name": "Acme Bank",
        "credentials": {
            "whatsapp": {"default": {"access_token": f"SECRET-wa-{own}"}},
            "genesys": {
                "default": {
                    "client_id": f"client-{own}",
                    "client_secret": f"SECRET-gc-{own}",
                    "region": "mypurecloud.de",
                }
            },
        },
        "channels": [
            {
                "name": "main",
                "phone_number_id": f"1{number}",
                "waba_id": f"2{number}",
                "display_phone_number": "+49 151 1234567",
                "integration_id": str(uuid4()),
                "region": "mypurecloud.de",
                "webhook_secret": f"SECRET-hook-{own}-long",
            }
        ],
    }
    return {**file, **changes}
