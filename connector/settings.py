"""The connector's settings: where events go, and how patient it is."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode

from connector.lane import Rules
from connector.policy import Policy
from connector.route import Limits
from shared.messaging.topology import (
    INBOUND_WHATSAPP_MESSAGES,
    INBOUND_WHATSAPP_STATUSES,
    MESSAGE_EXCHANGES,
    OUTBOUND_GENESYS_MESSAGES,
)
from shared.runtime.settings import AmqpSettings, DatabaseSettings, ServiceAuthSettings

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


class Settings(AmqpSettings, DatabaseSettings, ServiceAuthSettings):
    """Seconds and counts. `slots`: calls in flight at once on each route."""

    # A string of our own form, not the JSON that pydantic-settings expects of a list.
    routes: Annotated[tuple[RouteTo, ...], NoDecode, BeforeValidator(parse_routes)]
    host: str = "0.0.0.0"  # noqa: S104  # in an image there is no other address to be reached by
    port: int = Field(3012, ge=1, le=65535)
    slots: int = Field(48, ge=2, le=4096)
    prefetch: int = Field(50, ge=2, le=1000)
    call_seconds: float = Field(90.0, gt=0, le=600)  # longer than a function is patient
    stop_seconds: float = Field(20.0, ge=0, le=300)
    tick_seconds: float = Field(10.0, gt=0, le=300)
    tries_before_parking: int = Field(3, ge=1, le=100)
    longest_hold_seconds: float = Field(5.0, ge=0, le=60)
    max_attempts: int = Field(20, ge=1, le=10_000)
    max_age_seconds: float = Field(24 * 3600.0, gt=0)
    first_wait_seconds: float = Field(0.5, gt=0, le=60)
    longest_wait_seconds: float = Field(60.0, gt=0, le=3600)

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
