"""Meta's error codes: one row a code, with what to do, what Genesys is told, what people are told.

Codes and actions: contracts/meta.md (c.6). Reasons of Genesys receipts: contracts/genesys.md (d).
"""

from shared.messaging.verdict import Verdict

_LATER = "WhatsApp did not take the message in time. Send it again in a few minutes."
_TOO_MANY = "Too many messages were on their way, so this one was not sent. Send it again later."
_ADMIN = "Messages from this number are blocked for now. Tell your administrator."
_REWRITE = "WhatsApp does not accept the message in this form. Write it differently."
_NO_WAY = "This customer can not be reached on WhatsApp. Use another way to contact them."
_TEMPLATE = "The template can not be sent as it is. Choose another, or tell your administrator."
_WINDOW = "The 24-hour window is closed. Send an approved template to open it again."
_MEDIA = "WhatsApp does not accept the file. Send it in another format, or as a link."

_WAIT_FOR_META = "Meta's own fault; it mends itself. If it lasts, see metastatus.com."
_SLOW_DOWN = "Too many calls. Spread them out; see the limits of the number and the account."
_PERMISSION = "The token lacks a permission. Give its system user the app and the WhatsApp account."
_BUILD = "The body that we built is wrong: see the detail. The same message will fail again."
_REGISTER = "The number is not registered for the Cloud API. Register it in WhatsApp Manager."
_CUSTOMER = "Nothing to mend here: it is the customer's device, choice or number."


def _retry(
    title: str, delay: float, *, attempts: int | None = None, operator: str = _WAIT_FOR_META
) -> Verdict:
    return Verdict("retry", "ServerError", title, _LATER, operator, delay=delay, attempts=attempts)


def _wait(
    title: str, delay: float, operator: str = _SLOW_DOWN, *, agent: str = _TOO_MANY
) -> Verdict:
    return Verdict("wait", "RateLimited", title, agent, operator, delay=delay)


def _alarm(title: str, operator: str) -> Verdict:
    return Verdict("alarm", "GeneralError", title, _ADMIN, operator)


def _hold(title: str, operator: str, *, token: bool = False) -> Verdict:
    """All that this credential sends fails alike, and an operator can mend it."""
    return Verdict(
        "alarm", "GeneralError", title, _ADMIN, operator, delay=60, hold=True, token=token
    )


def _malformed(title: str) -> Verdict:
    return Verdict("never", "InvalidMessageStructure", title, _REWRITE, _BUILD)


def _template(title: str, operator: str) -> Verdict:
    return Verdict("never", "InvalidMessageStructure", title, _TEMPLATE, operator)


def _unreachable(title: str, operator: str = _CUSTOMER) -> Verdict:
    return Verdict("never", "InvalidDestination", title, _NO_WAY, operator)


def _not_allowed(title: str, agent: str, operator: str = _CUSTOMER) -> Verdict:
    return Verdict("never", "MessageNotAllowed", title, agent, operator)


_CREDENTIAL = "Store a valid access token: parley tenants apply. The tenant's messages wait for it."
_LINKED_TEMPLATE = "Compare the template's parameters in WhatsApp Manager with the ones sent."

PERMISSION = _hold("Permission missing", _PERMISSION)
TEMPLATE = _template("Template refused", _LINKED_TEMPLATE)
REGISTRATION = _alarm("Registration fault", _REGISTER)
UNSUPPORTED = Verdict(
    "never", "UnsupportedMessage", "Not possible here", _REWRITE, "This kind can not be sent."
)

# Code 100 with subcode 33: the only subcode that Graph still gives on this path.
UNKNOWN_OBJECT = _alarm(
    "Phone number id unknown, or no access to it",
    "Compare the channel's phone_number_id with WhatsApp Manager, and the token's access to it.",
)

CODES: dict[int, Verdict] = {
    0: _hold("Authentication failed", _CREDENTIAL, token=True),
    1: _retry("Unknown fault at Meta", 1),
    2: _retry("Meta is down for a moment", 2),
    3: PERMISSION,
    4: _wait("Calls of the app over the limit", 60),
    10: PERMISSION,
    100: _malformed("Parameter not valid"),
    190: _hold("Access token expired or not valid", _CREDENTIAL, token=True),
    368: _alarm("Blocked for breach of policy", "See the account's quality page at Meta; appeal."),
    470: Verdict("template", "MessageExpired", "Window closed", _WINDOW, _CUSTOMER),
    80007: _wait("Calls of the WhatsApp account over the limit", 60),
    130429: Verdict(
        "retry", "RateLimited", "Number over its throughput", _TOO_MANY, _SLOW_DOWN, delay=0.5
    ),
    130472: _not_allowed("Customer is in an experiment of Meta", "Wait until the customer writes."),
    130497: _not_allowed("Country is restricted for this business", _NO_WAY, "See Meta's policy."),
    131000: _retry("Something went wrong at Meta", 1),
    131005: _hold("Access denied", _PERMISSION),
    131008: _malformed("Parameter missing"),
    131009: _malformed("Parameter has a wrong value"),
    131016: _retry("Service unavailable at Meta", 2),
    131021: _unreachable("Sender and recipient are the same", "The address is our own number."),
    131026: _unreachable("Message undeliverable"),
    131030: _unreachable(
        "Recipient is not on the test number's list",
        "A test number reaches five listed recipients only. Add this one, or use a real number.",
    ),
    131031: _alarm("Account locked", "Meta locked the account. See Business Support; appeal."),
    131037: _alarm("Display name not approved", "Have the display name approved at Meta."),
    131042: _alarm("Payment problem", "Mend the account's payment method at Meta."),
    131044: _alarm("Payment not set up", "Add a payment method to the account at Meta."),
    131045: _alarm("Number's certificate is wrong", _REGISTER),
    131047: Verdict("template", "MessageExpired", "Window closed", _WINDOW, _CUSTOMER),
    131048: _wait("Held back as spam", 3600, "Quality is low: slow down, see the quality page."),
    131049: _wait(
        "Customer got enough marketing for now",
        86_400,
        _CUSTOMER,
        agent="The customer got enough marketing for now. Wait a day, or until they write.",
    ),
    131050: Verdict(
        "never",
        "RecipientOptedOut",
        "Customer stopped marketing messages",
        "The customer wants no marketing. Wait until they write.",
        "Take the customer off marketing lists; service messages may go on.",
    ),
    131051: Verdict("never", "UnsupportedMessage", "Message type not supported", _REWRITE, _BUILD),
    131052: Verdict(
        "never", "MediaTypeNotAllowed", "Customer's file not downloaded", _MEDIA, _CUSTOMER
    ),
    # Meta fetches or probes the file when it is sent: a second try often goes through (courier).
    131053: Verdict(
        "retry",
        "MediaTypeNotAllowed",
        "File not taken",
        _MEDIA,
        "The detail names the type that Meta saw. Convert the file, or allow Meta to fetch it.",
        delay=1,
        attempts=2,
    ),
    131056: Verdict(
        "wait", "RateLimited", "Too many to one customer", _TOO_MANY, _SLOW_DOWN, delay=4
    ),
    131057: _retry("Number in maintenance, a minute at most", 20),
    131060: Verdict("never", "UnsupportedMessage", "Message not available", _REWRITE, _CUSTOMER),
    131062: _not_allowed(
        "Not possible without a phone number",
        "This template needs the customer's phone number. Ask for it.",
    ),
    # Newer; meaning known from client libraries only (contracts/meta.md marks them UNSURE).
    131063: _not_allowed("Refused by Meta", _REWRITE, "See the detail."),
    131064: _not_allowed("Refused by Meta", _REWRITE, "See the detail."),
    132000: _template("Number of template parameters is wrong", _LINKED_TEMPLATE),
    132001: _template(
        "Template does not exist in this language",
        "Compare name and language (en is not en_US) and the approval at Meta.",
    ),
    132005: _template("Template's text too long when filled", _LINKED_TEMPLATE),
    132007: _template("Template breaks a policy", "Change the template at Meta."),
    132012: _template("Template parameter in a wrong form", _LINKED_TEMPLATE),
    132015: _template("Template paused", "Its quality is low; Meta pauses it for hours."),
    132016: _template("Template disabled", "Its quality stayed low. Make a new template."),
    132018: _template("Template parameter holds what it may not", _LINKED_TEMPLATE),
    132068: _alarm("Flow blocked", "Mend the flow in WhatsApp Manager."),
    132069: _wait("Flow throttled", 60, "The flow's endpoint is slow or failing."),
    133000: _retry("Deregistration not complete", 60),
    133004: _retry("Server down for a moment", 5),
    133005: _alarm("PIN is wrong", _REGISTER),
    133006: _alarm("Number must be verified again", _REGISTER),
    133008: _alarm("Too many wrong PINs", _REGISTER),
    133009: _alarm("PIN entered too fast", _REGISTER),
    133010: _alarm("Number not registered", _REGISTER),
    133015: _alarm("Number was deleted a moment ago", _REGISTER),
    133016: _alarm("Too many tries to register; wait 72 hours", _REGISTER),
    135000: _retry("Meta refused without saying why", 1, attempts=2, operator=_BUILD),
    137000: UNSUPPORTED,
}

# Codes that Meta may add: the family still says what to do.
FAMILIES: tuple[tuple[range, Verdict], ...] = (
    (range(200, 300), PERMISSION),
    (range(132_000, 133_000), TEMPLATE),
    (range(133_000, 134_000), REGISTRATION),
    (range(137_000, 140_000), UNSUPPORTED),
)

# What is left when Meta gave no code at all, or one of no known family.
BY_STATUS: dict[int, Verdict] = {
    401: _hold("Not authorised", _CREDENTIAL, token=True),
    403: PERMISSION,
    404: _hold("No such address", "Compare GRAPH_API_BASE_URL and GRAPH_API_VERSION with Meta's."),
    407: _hold("A proxy wants credentials", "Mend the way out to the internet."),
    408: _retry("Request came too slowly", 1),
    429: _wait("Too many requests", 30),
}
REDIRECT = _hold(
    "Sent elsewhere", "Compare GRAPH_API_BASE_URL: Meta's own address never redirects."
)
SERVER_FAULT = _retry("Fault at Meta", 2)
REFUSED = _malformed("Refused by Meta")
FAILED_LATER = Verdict(
    "never",
    "GeneralError",
    "Not delivered",
    "WhatsApp could not deliver the message. Try again, or contact the customer another way.",
    "Meta gave no known code; see the detail.",
)
