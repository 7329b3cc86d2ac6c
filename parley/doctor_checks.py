"""What `parley doctor` asks of each dependency: one short question, and words on what to change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from pika import BlockingConnection, URLParameters
from pika.exceptions import AMQPError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from parley.database import newest_revision, revision_of, role_of
from parley.environment import OWNER_DATABASE, Environment, Found
from parley.objects import missing_buckets
from parley.tenancy import Tenancy
from shared.runtime.errors import ParleyError, SettingsError
from shared.runtime.service_auth import ServiceTokens
from shared.services.tenancy import TenantList
from shared.services.upkeep import Seals
from shared.tenancy.vault import KeyRing

SECONDS = 1.5  # for a connect or an answer, so that a check ends within its two
OK = 200

FUNCTIONS = (
    "api-gateway",
    "wa-webhook",
    "genesys-webhook",
    "inbound-transform",
    "outbound-transform",
    "state",
    "tenancy",
    "auth",
    "wa-api",
    "genesys-api",
    "connector",
)
# Asked where no other address is set; Genesys' hosts are those of its first region.
PROVIDERS = {
    "GRAPH_API_BASE_URL": "https://graph.facebook.com",
    "GENESYS_LOGIN_BASE_URL": "https://login.mypurecloud.com",
    "GENESYS_API_BASE_URL": "https://api.mypurecloud.com",
}
ROLES = ("DATABASE_URL_FUNCTIONS", "DATABASE_URL_TENANCY", "DATABASE_URL_CONNECTOR")


class Wrong(ParleyError):
    """What was asked is not well; the detail says what to change."""

    code = "wrong"
    title = "Not well"


@dataclass(frozen=True)
class Check:
    """One question. `ask` returns words on what is well, or raises a ParleyError."""

    name: str
    ask: Callable[[], str]


def all_checks(environment: Environment) -> list[Check]:
    """Everything that the platform stands on."""
    stores = [
        Check("key ring", lambda: key_ring(environment.need("KEY_RING"))),
        Check("postgresql", lambda: schema(environment.need(*OWNER_DATABASE))),
        Check("redis", lambda: redis(environment.need("REDIS_URL"))),
        Check("rabbitmq", lambda: rabbitmq(environment.need("AMQP_URL"))),
        Check("s3", lambda: s3(environment)),
        Check("service token", lambda: service_token(environment)),
        Check("sealed values", lambda: sealed_values(environment)),
    ]
    return [
        *stores,
        # Each function knows its own role's address; here they are asked only where they are set.
        *(_role(environment, name) for name in ROLES if _is_there(environment, name)),
        *(_function(environment, name) for name in FUNCTIONS),
        *(_provider(environment, name, default) for name, default in PROVIDERS.items()),
    ]


def key_ring(setting: Found) -> str:
    """Whether the ring can be used, without showing it."""
    ring = KeyRing.parse(setting.value)
    return f"{ring.current!r} seals; to open there are {', '.join(sorted(ring.keys))}"


def service_token(environment: Environment) -> str:
    """Whether the tenancy function takes our token: that the key is the same everywhere."""
    tenants = Tenancy(environment, (SECONDS, SECONDS)).call("GET", "/tenancy/tenants", TenantList)
    return f"accepted by tenancy, which has {len(tenants.tenants)} tenants"


def sealed_values(environment: Environment) -> str:
    """Whether every stored secret can be opened, and under which keys they lie."""
    seals = Tenancy(environment, (SECONDS, SECONDS)).call("GET", "/tenancy/seals", Seals)
    lost = [one for one in seals.counts if not one.known]
    if lost:
        raise Wrong(
            f"{sum(one.values for one in lost)} of {seals.total} are under "
            f"{', '.join(sorted({repr(one.key) for one in lost}))}, which tenancy's ring does not "
            "hold: add that key to KEY_RING"
        )
    old = sum(one.values for one in seals.old)
    rest = f", {old} under older keys: type `parley keys rotate`" if old else ""
    return f"{seals.total - old} of {seals.total} under {seals.current!r}{rest}"


def schema(setting: Found) -> str:
    """Whether the schema is that of this code."""
    there, wanted = revision_of(setting, SECONDS), newest_revision()
    if there != wanted:
        raise Wrong(
            f"the schema is at {there or 'nothing'}, this code wants {wanted}: "
            "type `parley migrate`"
        )
    return f"schema at {there}, the newest"


def redis(setting: Found) -> str:
    """Whether Redis answers, and takes writes."""
    try:
        with Redis.from_url(
            setting.value,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            client.set("parley:doctor", b"1", px=1000)
    except (RedisError, ValueError) as error:
        raise _silent(setting, error) from None
    return f"takes writes at {_place(setting)}"


def rabbitmq(setting: Found) -> str:
    """Whether RabbitMQ opens a channel for us."""
    try:
        parameters = URLParameters(setting.value)
        parameters.connection_attempts, parameters.retry_delay = 1, 0
        parameters.socket_timeout = parameters.stack_timeout = SECONDS
        parameters.blocked_connection_timeout = SECONDS
        with BlockingConnection(parameters) as connection:
            connection.channel().close()
    except (AMQPError, OSError, ValueError) as error:
        raise _silent(setting, error) from None
    return f"opens channels at {_place(setting)}"


def s3(environment: Environment) -> str:
    """Whether the buckets are there."""
    endpoint = environment.need("S3_ENDPOINT_URL")
    access, secret = environment.need("S3_ACCESS_KEY"), environment.need("S3_SECRET_KEY")
    missing = missing_buckets(endpoint, access, secret, SECONDS)
    if missing:
        raise Wrong(f"{_place(endpoint)} has no bucket {', '.join(missing)}: type `parley buckets`")
    return f"all buckets at {_place(endpoint)}"


def function(setting: Found, token: str) -> str:
    """Whether a function says that it is ready; else which of its checks fail.

    Through the platform's gateway it tells only the holder of a service token.
    """
    url = f"{setting.value.rstrip('/')}/readyz"
    ours = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = requests.get(url, timeout=SECONDS, allow_redirects=False, headers=ours)
    except requests.RequestException as error:
        raise _silent(setting, error) from None
    try:
        checks = dict(answer.json()["checks"])
    except (ValueError, KeyError, TypeError):
        raise Wrong(
            f"what answers at {_place(setting)} is not one of our functions: check {setting.name}"
        ) from None
    bad = ", ".join(f"{name} ({state})" for name, state in checks.items() if state != "ok")
    if answer.status_code != OK:
        raise Wrong(f"answers {answer.status_code}, not ready: {bad or 'it is stopping'}")
    return f"ready at {_place(setting)}" + (f", but without {bad}" if bad else "")


def provider(setting: Found) -> str:
    """Whether anything answers there; what it answers to a bare GET is its own affair."""
    try:
        requests.get(setting.value, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise _silent(setting, error) from None
    return f"reached at {_place(setting)}" + (", by default" if setting.source == "default" else "")


def _is_there(environment: Environment, name: str) -> bool:
    """Whether it is set, also to what can not be read."""
    try:
        return environment.find(name) is not None
    except SettingsError:
        return True


def _role(environment: Environment, name: str) -> Check:
    def ask() -> str:
        role = role_of(environment.need(name), SECONDS)
        return f"{role} may log in, and can not bypass row-level security"

    return Check(f"postgresql {name.removeprefix('DATABASE_URL_').lower()}", ask)


def _function(environment: Environment, name: str) -> Check:
    setting = f"{name.upper().replace('-', '_')}_URL"

    def ask() -> str:
        key = environment.find("SERVICE_TOKEN_KEY")
        token = ServiceTokens("parley:doctor", key.value).mint(name) if key else ""
        return function(environment.need(setting), token)

    return Check(name, ask)


def _provider(environment: Environment, name: str, default: str) -> Check:
    def ask() -> str:
        return provider(environment.find(name) or Found(name, default, "default"))

    return Check(name.removesuffix("_BASE_URL").replace("_", " ").lower(), ask)


def _silent(setting: Found, error: Exception) -> Wrong:
    return Wrong(
        f"does not answer at {_place(setting)} ({type(error).__name__}): start it, or "
        f"change {setting.name} (from {setting.source})"
    )


def _place(setting: Found) -> str:
    """Host and port of an address: never its user or password."""
    try:
        parts = urlsplit(setting.value)
        host, port = parts.hostname or "an unreadable address", parts.port
    except ValueError:
        return "an unreadable address"
    return host if port is None else f"{host}:{port}"
