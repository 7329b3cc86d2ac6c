"""The connector's settings: where events go, and how patient it is."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode

from connector.lane import Rules
from connector.limits import Limits
from connector.policy import Policy
from shared.messaging.topology import (
    INBOUND_WHATSAPP_MESSAGES,
    INBOUND_WHATSAPP_STATUSES,
    MESSAGE_EXCHANGES,
    OUTBOUND_GENESYS_MESSAGES,
)
from shared.runtime.settings import (
    AmqpSettings,
    DatabaseSettings,
    ObjectSettings,
    RedisSettings,
    ServiceAuthSettings,
)

FUNCTIONS = {
    INBOUND_WHATSAPP_MESSAGES: "inbound-transform",
    INBOUND_WHATSAPP_STATUSES: "inbound-transform",
    OUTBOUND_GENESYS_MESSAGES: "outbound-transform",
}
_ROUTE = re.compile(r"(?P<exchange>[A-Z_]+)=(?:(?P<function>[a-z0-9-]+)@)?(?P<url>https?://\S+)")


class RouteTo(BaseModel):
    """One exchange's function: its name (the audience of the service token) and its address."""

    model_config = ConfigDict(frozen=True)

    exchange: str
    function: str
    url: str


def parse_routes(text: Any) -> Any:
    """`EXCHANGE=[function@]url` separated by `;`. Raises ValueError with the bad entry's number."""
    if not isinstance(text, str):
        return text
    entries = [entry.strip() for entry in text.split(";") if entry.strip()]
    routes = [_parse_route(number, entry) for number, entry in enumerate(entries, start=1)]
    exchanges = [route["exchange"] for route in routes]
    if not routes or len(set(exchanges)) != len(exchanges):
        raise ValueError("wants each exchange once: EXCHANGE=url;EXCHANGE=url")
    return routes


def _parse_route(number: int, entry: str) -> dict[str, str]:
    found = _ROUTE.fullmatch(entry)
    if found is None:
        raise ValueError(f"entry {number} is not EXCHANGE=[function@]http://host:port")
    exchange = found["exchange"]
    if exchange not in MESSAGE_EXCHANGES:
        raise ValueError(f"entry {number}: exchanges are {', '.join(MESSAGE_EXCHANGES)}")
    function = found["function"] or FUNCTIONS[exchange]
    return {"exchange": exchange, "function": function, "url": found["url"]}


class Settings(AmqpSettings, DatabaseSettings, ObjectSettings, RedisSettings, ServiceAuthSettings):
    """Seconds and counts."""

    # A string of our own form, not the JSON that pydantic-settings expects of a list.
    routes: Annotated[tuple[RouteTo, ...], NoDecode, BeforeValidator(parse_routes)] = Field(
        description="Exchanges and their functions: `EXCHANGE=[function@]url`, parted by `;`"
    )
    host: str = Field(
        "0.0.0.0",  # noqa: S104  # in an image there is no other address to be reached by
        description="Address to listen on",
    )
    port: int = Field(3012, ge=1, le=65535, description="Port to listen on")
    slots: int = Field(48, ge=2, le=4096, description="Calls in flight at once on each route")
    prefetch: int = Field(50, ge=2, le=1000, description="Unacknowledged events in hand a queue")
    call_seconds: float = Field(
        90.0, gt=0, le=600, description="Limit of one call; then the event is tried again"
    )
    stop_seconds: float = Field(
        20.0, ge=0, le=300, description="After SIGTERM: time to finish what is under way"
    )
    tick_seconds: float = Field(
        10.0, gt=0, le=300, description="How often it looks after parked rows of quiet queues"
    )
    sweep_seconds: float = Field(
        1.0,
        gt=0,
        le=60,
        description="How often it looks into the spool for what the doors put there",
    )
    ledger_seconds: float = Field(
        15.0, gt=0, le=600, description="How often it brings the ledger up to date"
    )
    ledger_grace_seconds: float = Field(
        900.0, ge=0, description="Age at which a message that is nowhere is said to be missing"
    )
    tries_before_parking: int = Field(
        3, ge=1, le=100, description="Failed attempts after which a key is parked"
    )
    longest_hold_seconds: float = Field(
        5.0, ge=0, le=60, description="A longer wait than this is spent in the park"
    )
    max_attempts: int = Field(
        20, ge=1, le=10_000, description="Faults (not outages) after which an event is given up"
    )
    max_age_seconds: float = Field(
        24 * 3600.0, gt=0, description="Age at which an event is given up, outages included"
    )
    first_wait_seconds: float = Field(
        0.5, gt=0, le=60, description="First step of the backoff; it doubles, with jitter"
    )
    longest_wait_seconds: float = Field(60.0, gt=0, le=3600, description="Last step of the backoff")

    def limits(self) -> Limits:
        """What every route obeys."""
        return Limits(
            slots=self.slots,
            rules=Rules(
                prefetch=self.prefetch,
                tries=self.tries_before_parking,
                longest_hold=self.longest_hold_seconds,
            ),
            policy=Policy(
                max_attempts=self.max_attempts,
                max_age=self.max_age_seconds,
                first_wait=self.first_wait_seconds,
                longest_wait=self.longest_wait_seconds,
            ),
        )
