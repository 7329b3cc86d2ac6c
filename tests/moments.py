"""When what tests tell happened. All is made from now: no test knows what day it is."""

from datetime import datetime, timedelta

from shared.runtime.clock import rfc3339, utcnow

# Within the window of 24 hours and never of the future; one for the whole run, so that texts that
# are made of it can be compared. A whole minute, so that 59 seconds more are of the same minute.
_THREE_HOURS_AGO = utcnow().replace(second=0, microsecond=0) - timedelta(hours=3)


def moment(hours: float = 0, seconds: float = 0) -> datetime:
    """The same moment all through a run, three hours before it, and so much later."""
    return _THREE_HOURS_AGO + timedelta(hours=hours, seconds=seconds)


def told_at(hours: float = 0, seconds: float = 0) -> str:
    """Its text, RFC 3339, as Genesys tells it."""
    return rfc3339(moment(hours, seconds))


def unix_at(hours: float = 0, seconds: float = 0) -> str:
    """Its whole seconds since 1970 as a text, as Meta tells it."""
    return str(int(moment(hours, seconds).timestamp()))


def ago(**span: float) -> datetime:
    """The moment that was this long before now: `ago(hours=25)`."""
    return utcnow() - timedelta(**span)
