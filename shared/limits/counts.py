"""What the limits tell of themselves, for all of a process."""

from shared.runtime.metrics import Bounded, counter, gauge, histogram

WAITS = histogram("limit_wait_seconds", "Time that a send waited for its turn", ("limit",))
HELD = counter("limit_held", "Sends held back before the provider was asked", ("limit",))
TOLD = counter("limit_told", "Times that a provider said it was too much", ("limit",))
LOCAL = counter("limit_local", "Sends under this process's own share: Redis was away", ("limit",))
RATE = gauge("limit_rate", "Messages a second that a number may send now", ("number",))
LEFT = gauge("limit_left", "Calls left to an OAuth client in this minute", ("client",))

SHOWN = 200
number_label = Bounded(SHOWN)
client_label = Bounded(SHOWN)
