"""Forms of the providers' identifiers, with the words for what is none."""

from shared.runtime.faults import in_words

DIGITS = in_words(
    r"^[0-9]{1,32}$",
    'is the id that WhatsApp Manager shows, digits only, such as "106540352242922"; not the phone '
    "number",
)
INTEGRATION = in_words(
    r"^[A-Za-z0-9-]{1,64}$",
    "is the id of the Open Messaging integration in Genesys Cloud: letters, digits and '-'",
)
