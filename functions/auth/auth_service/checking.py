"""A whole tenant held against both providers. What can not be seen is said to be unseen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from auth_service import verdicts
from auth_service.issuer import Issuer
from auth_service.providers import Denied, Providers, Refused
from shared.runtime.clock import utcnow
from shared.runtime.errors import ParleyError, Unavailable, Unknown
from shared.services.auth import Accepted, CredentialBad, TokenRequest, token_digest
from shared.services.checks import Finding, TenantChecked, Verdict
from shared.services.tenancy import ChannelView, TenancyClient, TenantView
from shared.tenancy.models import Provider

Judge = Callable[[dict[str, Any]], Iterable[Finding]]
SEE = "give the OAuth client's role messaging:integration:view, and check again"


class Checking:
    """Checks tenants."""

    def __init__(
        self,
        issuer: Issuer,
        tenancy: TenancyClient,
        providers: Providers,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._issuer = issuer
        self._tenancy = tenancy
        self._providers = providers
        self._clock = clock

    async def check(self, slug: str) -> TenantChecked:
        """All findings. Raises NotFound, or Unavailable when tenancy does not answer."""
        tenant = await self._tenancy.tenant(slug)
        found = TenantChecked(tenant=tenant.tenant)
        if tenant.status != "active":
            found.findings.append(_finding("tenant", "status", "warning", "it is suspended"))
        app_ids: dict[str, str] = {}
        for credential in tenant.credentials:
            found.findings += await self._credential(
                tenant, credential.kind, credential.name, app_ids
            )
        for app in sorted({channel.meta_app for channel in tenant.channels}):
            secrets = await self._tenancy.signing("meta", app)
            found.findings.append(verdicts.app_finding(f"app {app}", secrets))
        for channel in tenant.channels:
            found.findings += await self._meta_side(tenant, channel, app_ids)
            found.findings += await self._genesys_side(tenant, channel)
        return found

    async def _credential(
        self, tenant: TenantView, kind: Provider, name: str, app_ids: dict[str, str]
    ) -> list[Finding]:
        about = f"credential {kind}/{name}"
        request = TokenRequest(tenant_id=tenant.id, provider=kind, credential=name)
        self._issuer.try_again(request)  # whoever checks has mended something
        token = await self._token(tenant, kind, name)
        if isinstance(token, Finding):
            return [token]
        if kind == "genesys":
            return [_finding(about, "login", "good", "Genesys gives it tokens")]

        def judge(facts: dict[str, Any]) -> Iterable[Finding]:
            app_ids[name] = str(facts.get("app_id", ""))
            return verdicts.token_findings(about, facts, self._clock())

        found = await _seen(about, "token", self._providers.token(token), judge)
        if found[0].verdict in ("good", "warning"):
            told = Accepted(**request.model_dump(), access_token_hash=token_digest(token))
            await self._issuer.accepted(told)
        return found

    async def _meta_side(
        self, tenant: TenantView, channel: ChannelView, app_ids: dict[str, str]
    ) -> list[Finding]:
        about = f"channel {channel.name}"
        name = channel.whatsapp_credential
        token = await self._token(tenant, "whatsapp", name, about)
        if isinstance(token, Finding):
            return [token]
        asked = self._providers.number(channel.phone_number_id, token)
        number = await _seen(
            about, "number", asked, lambda told: [verdicts.number_finding(about, told)]
        )
        app_id = app_ids.get(name)
        apps = self._providers.subscribed_apps(channel.waba_id, token)
        return number + await _seen(
            about,
            "subscription",
            apps,
            lambda told: [verdicts.subscription_finding(about, told, app_id)],
        )

    async def _genesys_side(self, tenant: TenantView, channel: ChannelView) -> list[Finding]:
        about, region = f"channel {channel.name}", channel.region
        name = channel.genesys_credential.split(",")[0]
        token = await self._token(tenant, "genesys", name, about)
        if isinstance(token, Finding):
            return [token]
        secrets = await self._tenancy.signing("genesys", channel.integration_id)
        profile: list[str] = []

        def judge(told: dict[str, Any]) -> Iterable[Finding]:
            content = told.get("supportedContent")
            if isinstance(content, dict) and content.get("id"):
                profile.append(str(content["id"]))
            return verdicts.integration_findings(about, told, secrets)

        asked = self._providers.integration(region, channel.integration_id, token)
        found = await _seen(about, "integration", asked, judge)
        if not profile:
            return found
        content = self._providers.content(region, profile[0], token)
        return found + await _seen(
            about, "content profile", content, lambda told: [verdicts.content_finding(about, told)]
        )

    async def _token(
        self, tenant: TenantView, kind: Provider, name: str, about: str = ""
    ) -> SecretStr | Finding:
        request = TokenRequest(tenant_id=tenant.id, provider=kind, credential=name)
        about = about or f"credential {kind}/{name}"
        try:
            return (await self._issuer.token(request)).access_token
        except CredentialBad as error:
            return _finding(about, f"{kind} token", "wrong", error.detail, verdicts.REFUSED)
        except ParleyError as error:
            return _finding(about, f"{kind} token", "unseen", error.detail, "check again later")


async def _seen(
    about: str, what: str, asked: Awaitable[dict[str, Any]], judge: Judge
) -> list[Finding]:
    try:
        return list(judge(await asked))
    except Denied as error:
        return [
            _finding(
                about,
                what,
                "unseen",
                error.detail,
                SEE if "Genesys" in error.detail else verdicts.RENEW,
            )
        ]
    except Refused as error:
        fix = verdicts.REFUSED if what == "token" else verdicts.APPLY
        return [_finding(about, what, "wrong", error.detail, fix)]
    except (Unavailable, Unknown) as error:
        return [_finding(about, what, "unseen", error.detail, "check again later")]


def _finding(about: str, what: str, verdict: Verdict, words: str, fix: str = "") -> Finding:
    return Finding(about=about, what=what, verdict=verdict, words=words, fix=fix)
