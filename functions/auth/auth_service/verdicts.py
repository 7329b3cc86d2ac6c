"""What a provider's answer says of a credential, a number, an integration. Pure.

The words say what is so, the fix what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from shared.services.checks import CredentialHealth, Finding, Verdict
from shared.tenancy.files import MIN_APP_SECRET, MIN_WEBHOOK_SECRET
from shared.tenancy.models import SigningSecrets

WARN_BEFORE = timedelta(days=14)
SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
LAST = 253402300800  # seconds since 1970: the year 10000, beyond all dates
RENEW = "make a token of a system user that never ends, put it in the tenant's file, apply that"
APPLY = "mend it in the tenant's file or at the provider, and apply the file"
REFUSED = (
    "mend it in the tenant's file or at the provider, then apply the file or check again: until "
    "then the messages wait and are tried once a minute"
)
# What customers and agents send each other most; Genesys' default profile lacks some (HELP).
USUAL_MEDIA = ("image/jpeg", "image/png", "audio/ogg", "video/mp4", "application/pdf")


def ends_at(facts: dict[str, Any]) -> datetime | None:
    """When a token of Meta ends: the earlier of its two ends; None: never."""
    ends = [facts.get(name) for name in ("expires_at", "data_access_expires_at")]
    told = [one for one in ends if isinstance(one, int) and 0 < one < LAST]
    return datetime.fromtimestamp(min(told), UTC) if told else None


def token_health(facts: dict[str, Any], now: datetime) -> tuple[CredentialHealth, str]:
    """How a token of Meta stands, and words on it."""
    end = ends_at(facts)
    if facts.get("is_valid") is not True or (end is not None and end <= now):
        return "bad", "Meta says that the token is not valid (any more)"
    if end is not None and end - now <= WARN_BEFORE:
        return "expiring", f"the token ends in {days(end - now)}, at {end:%Y-%m-%d %H:%MZ}"
    return "good", "the token never ends" if end is None else f"the token ends at {end:%Y-%m-%d}"


def token_findings(about: str, facts: dict[str, Any], now: datetime) -> Iterator[Finding]:
    """Validity, end, kind and rights of a token of Meta."""
    health, words = token_health(facts, now)
    verdicts: dict[str, Verdict] = {"good": "good", "expiring": "warning"}
    verdict = verdicts.get(health, "wrong")
    yield _of(about, "token", verdict, words, RENEW)
    kind = str(facts.get("type", "unknown"))
    system = kind == "SYSTEM_USER"
    fix = f"a person's token ends with the password or the job: {RENEW}"
    yield _of(about, "token kind", "good" if system else "warning", f"it is a {kind} token", fix)
    granted = facts.get("scopes")
    missing = [one for one in SCOPES if not isinstance(granted, list) or one not in granted]
    told = f"it lacks {', '.join(missing)}" if missing else f"it has {', '.join(SCOPES)}"
    fix = "make the token anew with both permissions, and apply it"
    yield _of(about, "token rights", "wrong" if missing else "good", told, fix)


def number_finding(about: str, answer: dict[str, Any]) -> Finding:
    """Whether a number can send."""
    status = str(answer.get("status", "CONNECTED"))
    words = f"{answer.get('display_phone_number', 'the number')} is {status}"
    verdict: Verdict = "good" if status == "CONNECTED" else "wrong"
    return _of(about, "number", verdict, words, "look at the number in WhatsApp Manager")


def subscription_finding(about: str, answer: dict[str, Any], app_id: str | None) -> Finding:
    """Whether the account tells an app, and the token's own among them."""
    apps = [_dict(_dict(one).get("whatsapp_business_api_data")) for one in _list(answer, "data")]
    names = ", ".join(str(app.get("name", "?")) for app in apps)
    fix = "POST /{waba_id}/subscribed_apps with the token of the app whose callback is ours"
    if not apps:
        words = "the account has subscribed no app: Meta sends no webhooks"
        return _of(about, "subscription", "wrong", words, fix)
    mine = app_id is None or any(str(app.get("id")) == app_id for app in apps)
    if not mine:
        words = f"the account has subscribed {names}, not the app of its token"
        return _of(about, "subscription", "warning", words, fix)
    return _of(about, "subscription", "good", f"the account has subscribed {names}")


def integration_findings(
    about: str, answer: dict[str, Any], secrets: SigningSecrets | None
) -> Iterator[Finding]:
    """State, webhook and signature secret of an integration."""
    made, status = str(answer.get("createStatus", "Completed")), str(answer.get("status", "Active"))
    well = made == "Completed" and status == "Active"
    words = f"the integration is {status}, its making is {made}"
    fix = "mend it in Genesys, or make the integration anew"
    yield _of(about, "integration", "good" if well else "wrong", words, fix)
    fits, words = _webhook(str(answer.get("outboundNotificationWebhookUrl") or ""))
    fix = "set the outbound notification webhook URL to https://HOST/webhook/genesys, port 443"
    yield _of(about, "webhook", "good" if fits else "warning", words, fix)
    theirs = answer.get("outboundNotificationWebhookSignatureSecretToken")
    yield _secret_finding(about, theirs, secrets)


def _webhook(address: str) -> tuple[bool, str]:
    """Whether it can be ours, and where it goes: without a password or query that it holds."""
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        return False, "its URL can not be read"
    if not url.hostname:
        return False, "no URL"
    fits = url.scheme == "https" and port in (None, 443) and url.path == "/webhook/genesys"
    host = url.hostname if port is None else f"{url.hostname}:{port}"
    return fits, f"the webhook goes to {url.scheme}://{host}{url.path}"


def _secret_finding(about: str, theirs: Any, secrets: SigningSecrets | None) -> Finding:
    fix = "enter the tenant's webhook_secret in the integration, or apply the integration's"
    if secrets is None:
        return _of(about, "webhook secret", "wrong", "no secret is stored", fix)
    if len(secrets.current.get_secret_value()) < MIN_WEBHOOK_SECRET:
        words = f"it has under {MIN_WEBHOOK_SECRET} characters, which Genesys refuses"
        return _of(
            about, "webhook secret", "wrong", words, "make a longer one: openssl rand -hex 32"
        )
    if not isinstance(theirs, str):
        return _of(about, "webhook secret", "unseen", "Genesys does not show its secret", fix)
    if SecretStr(theirs) == secrets.current:
        return _of(about, "webhook secret", "good", "long enough, and the same on both sides")
    if SecretStr(theirs) == secrets.previous:
        words = "the integration signs with the one before: --forget-previous would refuse it"
        return _of(about, "webhook secret", "warning", words, fix)
    return _of(about, "webhook secret", "wrong", "Genesys signs with another secret", fix)


def content_finding(about: str, answer: dict[str, Any]) -> Finding:
    """Which usual files the content profile lets through, both ways."""
    allow = _dict(_dict(answer.get("mediaTypes")).get("allow"))
    refused = [
        f"{media} {way}"
        for way in ("inbound", "outbound")
        for media in USUAL_MEDIA
        if not any(_fits(media, str(_dict(one).get("type"))) for one in _list(allow, way))
    ]
    if not refused:
        return _of(about, "content profile", "good", "it lets the usual files through")
    words = f"it refuses {', '.join(refused)}"
    fix = "give the integration a supported content profile that allows them"
    return _of(about, "content profile", "warning", words, fix)


def app_finding(about: str, secrets: SigningSecrets | None) -> Finding:
    """Whether a Meta app's secret is there and long enough."""
    fix = "copy the app secret from the app's basic settings, and apply it"
    if secrets is None:
        return _of(about, "app secret", "wrong", "no secret is stored: no webhook is taken", fix)
    length = len(secrets.current.get_secret_value())
    if length < MIN_APP_SECRET:
        return _of(about, "app secret", "wrong", f"it has {length} characters alone", fix)
    return _of(about, "app secret", "good", "long enough")


def days(left: timedelta) -> str:
    """A time left, in words."""
    return f"{left.days} days" if left.days > 1 else f"{int(left.total_seconds() // 3600)} hours"


def _of(about: str, what: str, verdict: Verdict, words: str, fix: str = "") -> Finding:
    told = "" if verdict == "good" else fix
    return Finding(about=about, what=what, verdict=verdict, words=words, fix=told)


def _fits(media: str, allowed: str) -> bool:
    return allowed in (media, "*/*", f"{media.partition('/')[0]}/*")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []
