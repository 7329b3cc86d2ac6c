"""Made-up companies: the same ones told to the sandbox and to Parley, so that they meet."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import yaml

from local.faas.layout import Layout, write_private

REGION = "mypurecloud.com"
# Requests a minute that the simulated client may make: the limit is a later matter of its own.
RATE_PER_MINUTE = 1_000_000


@dataclass(frozen=True)
class Company:
    """A tenant with one channel. All ids and secrets are its own, and mean nothing elsewhere."""

    slug: str
    name: str
    phone_number_id: str
    waba_id: str
    display_phone_number: str
    integration_id: str
    access_token: str
    client_id: str
    client_secret: str
    webhook_secret: str

    @classmethod
    def made_up(cls, slug: str, name: str) -> Self:
        """A company with fresh ids and secrets."""

        def digits(count: int) -> str:
            return str(secrets.randbelow(9 * 10 ** (count - 1)) + 10 ** (count - 1))

        return cls(
            slug=slug,
            name=name,
            phone_number_id=digits(15),
            waba_id=digits(15),
            display_phone_number=f"1555{digits(7)}",
            integration_id="-".join(secrets.token_hex(n) for n in (4, 2, 2, 2, 6)),
            access_token=f"EAA{secrets.token_urlsafe(60)}",
            client_id="-".join(secrets.token_hex(n) for n in (4, 2, 2, 2, 6)),
            client_secret=secrets.token_urlsafe(32),
            webhook_secret=secrets.token_urlsafe(32),
        )


@dataclass(frozen=True)
class World:
    """Some companies on the platform's own Meta app."""

    app_secret: str
    verify_token: str
    companies: tuple[Company, ...]

    @classmethod
    def made_up(cls, names: Sequence[tuple[str, str]]) -> Self:
        """Companies by (slug, name)."""
        companies = tuple(Company.made_up(slug, name) for slug, name in names)
        return cls(secrets.token_hex(16), secrets.token_urlsafe(24), companies)

    @classmethod
    def of(cls, layout: Layout, names: Sequence[tuple[str, str]]) -> Self:
        """The companies of an earlier run under a root, else new ones that are kept there (0600).

        The Meta app is the one whose secrets lie under the root: other tenants there share it.
        """
        kept = layout.root / "demo" / "world.yml"
        if kept.is_file():
            found = yaml.safe_load(kept.read_text(encoding="utf-8"))["companies"]
            companies = tuple(Company(**company) for company in found)
        else:
            companies = cls.made_up(names).companies
            plain = [asdict(company) for company in companies]
            write_private(kept, yaml.safe_dump({"companies": plain}))
        secret, token = (
            (layout.secrets / name).read_text(encoding="utf-8").strip()
            for name in ("meta-app-secret", "meta-verify-token")
        )
        return cls(secret, token, companies)

    def for_sandbox(self, gateway_url: str) -> dict[str, Any]:
        """What the simulators are told: webhooks go to the one public door."""
        return {
            "apps": [
                {
                    "name": "platform",
                    "app_secret": self.app_secret,
                    "callback_url": f"{gateway_url}/webhook/meta",
                    "verify_token": self.verify_token,
                }
            ],
            "phone_numbers": [
                {
                    "phone_number_id": company.phone_number_id,
                    "waba_id": company.waba_id,
                    "display_phone_number": company.display_phone_number,
                    "app": "platform",
                }
                for company in self.companies
            ],
            "access_tokens": [
                {"token": company.access_token, "phone_number_ids": [company.phone_number_id]}
                for company in self.companies
            ],
            "orgs": [_org(company, gateway_url) for company in self.companies],
        }

    def for_parley(self) -> dict[str, Any]:
        """What `parley tenants apply` is told."""
        return {
            "platform": {
                "app": "platform",
                "app_secret": self.app_secret,
                "verify_token": self.verify_token,
            },
            "tenants": [_tenant(company) for company in self.companies],
        }


def _org(company: Company, gateway_url: str) -> dict[str, Any]:
    return {
        "name": company.slug,
        "region": REGION,
        "clients": [
            {
                "client_id": company.client_id,
                "client_secret": company.client_secret,
                "rate_per_minute": RATE_PER_MINUTE,
            }
        ],
        "integrations": [
            {
                "integration_id": company.integration_id,
                "name": company.name,
                "webhook_url": f"{gateway_url}/webhook/genesys",
                "webhook_secret": company.webhook_secret,
            }
        ],
    }


def _tenant(company: Company) -> dict[str, Any]:
    genesys = {
        "client_id": company.client_id,
        "client_secret": company.client_secret,
        "region": REGION,
    }
    return {
        "tenant": company.slug,
        "name": company.name,
        "credentials": {
            "whatsapp": {"default": {"access_token": company.access_token}},
            "genesys": {"default": genesys},
        },
        "channels": [
            {
                "name": "main",
                "phone_number_id": company.phone_number_id,
                "waba_id": company.waba_id,
                "display_phone_number": company.display_phone_number,
                "integration_id": company.integration_id,
                "region": REGION,
                "webhook_secret": company.webhook_secret,
            }
        ],
    }
