"""Who waits for another waits longer than that one may take: by the limits of both, in seconds."""

import pytest

from auth_service.issuer import LOCK_S
from auth_service.login import TIMEOUT_S as LOGIN_S
from connector import erased, health, renewed, suspended, ticks
from connector.settings import Settings as ConnectorSettings
from inbound_transform_service.files import SOON_S
from inbound_transform_service.late import FETCH_S
from outbound_transform_service.files import TRANSFER_S
from parley.doctor import LIMIT_S as DOCTOR_S
from parley.doctor_checks import SECONDS as CHECK_S
from parley.people import SETTLE_S
from shared.limits.values import Rules
from shared.messaging import lines, outbox, spool
from shared.messaging.attempts import Patience
from shared.messaging.intake import RAW_S
from shared.messaging.sending import LONGEST_S
from shared.messaging.transport import Limits
from shared.runtime import host, peer, server
from shared.services import auth, tenancy
from shared.services.delivery import ANSWER_MARGIN, CALL_TIMEOUT
from shared.storage.cache import CacheLimits
from state_service.settings import Settings as StateSettings
from wa_webhook_service.people import LINK_S

PROBE_S = 1.0  # Kubernetes' `timeoutSeconds`, where a probe does not say otherwise
AT_ONCE_S = 1.0  # what a page means by "at once" and "soon"
CALL_S = float(ConnectorSettings.model_fields["call_seconds"].default)
LEASE_S = float(StateSettings.model_fields["claim_lease_seconds"].default)

TURN_S = Rules().longest_wait + CacheLimits().wait + CacheLimits().call
SEND_S = TURN_S + Limits().connect + Limits().read
SENDING_S = Patience().renew_within + Patience().token + SEND_S

# Who waits, and for what -> how long, and how long that takes at most.
WAITS: dict[str, tuple[float, float]] = {
    "auth's caller, for a credential and two logins": (auth.TIMEOUT, tenancy.TIMEOUT + 2 * LOGIN_S),
    "a lock, for a credential and a login": (LOCK_S, tenancy.TIMEOUT + LOGIN_S),
    "a delivery function's caller, for two sends and a new token": (CALL_TIMEOUT, SENDING_S),
    "the caller, for who would still send": (CALL_TIMEOUT, LONGEST_S),
    "the connector, for a file that comes late": (CALL_S, FETCH_S + ANSWER_MARGIN),
    "a claim, for both transfers of an agent's file": (LEASE_S, 2 * (TRANSFER_S + ANSWER_MARGIN)),
    "a claim, for a customer's file": (LEASE_S, SOON_S + ANSWER_MARGIN),
    "ids that change, for their webhook": (
        lines.HOLD_S,
        LINK_S + RAW_S + outbox.PUBLISH_S + spool.LIMIT_S,
    ),
    "an erasure, for every connector's look": (SETTLE_S, 2 * erased.EVERY_S),
    "a server, for a connection that its caller keeps": (server.KEEP_ALIVE_S, peer.KEEP_ALIVE_S),
    "a probe, for a function's checks": (PROBE_S, host.CHECK_TIMEOUT_S),
    "a probe, for the connector's checks": (PROBE_S, health.CHECK_S),
    "a check of the doctor, for a function's checks": (CHECK_S, host.CHECK_TIMEOUT_S),
    "the doctor, for one answer": (DOCTOR_S, CHECK_S),
    "who applied a credential, for its messages to go": (AT_ONCE_S, renewed.EVERY_S + ticks.STEP_S),
    "who suspended a tenant, for its queues to stand": (AT_ONCE_S, suspended.EVERY_S),
    "a webhook, for a broker that is back": (AT_ONCE_S, outbox.PROBE_EVERY_S),
    "a line, for its wait that is over": (AT_ONCE_S, ticks.STEP_S),
}


@pytest.mark.parametrize("who", WAITS)
def test_nobody_gives_up_before_the_other_may_be_done(who: str) -> None:
    waits, takes = WAITS[who]
    assert waits >= takes
