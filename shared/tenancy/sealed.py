"""Every column that holds a sealed secret, by its table. A test holds it to the catalogue."""

from __future__ import annotations

SEALED: dict[str, tuple[str, ...]] = {
    "channels": ("webhook_secret", "webhook_secret_previous"),
    "meta_apps": ("app_secret", "app_secret_previous", "verify_token"),
    "tenant_credentials": ("sealed", "sealed_previous"),
}
