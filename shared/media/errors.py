"""Why a file could not be had. Words never hold an address, a file's name or a token.

MediaError
├── NotAllowed     the address is none that we fetch from
├── Denied         the other side wants a credential, or a better one (401, 403)
├── Gone           the other side does not have it, or no longer (404, 410)
├── TooLarge       over the cap of its kind
├── NotAFile       a page, an error in JSON, or nothing, where the file should be
├── Damaged        what came has not the SHA-256 that was told
├── LinkDead       the provider has it, but each of its links was dead
├── ProviderAway   the other side does not answer, is slow, or is in trouble
└── TimeOver       the time of the whole transfer is over
Redirected is none of these: it is the way to go on.
"""

from __future__ import annotations

from typing import ClassVar

from shared.runtime.errors import ParleyError, Retryable


class MediaError(ParleyError):
    """A file could not be had."""

    code = "media_error"
    title = "The file could not be had"
    retryable: ClassVar[Retryable] = "no"


class NotAllowed(MediaError):
    """The address is none that we fetch from."""

    code = "address_not_allowed"


class Denied(MediaError):
    """The other side wants a credential, or a better one."""

    code = "file_denied"

    def __init__(self, detail: str, *, forbidden: bool = False) -> None:
        """`forbidden`: it knows who asks (403); no other credential would help."""
        super().__init__(detail)
        self.forbidden = forbidden


class Gone(MediaError):
    """The other side does not have the file, or no longer."""

    code = "file_gone"


class TooLarge(MediaError):
    """The file is over the cap of its kind."""

    code = "file_too_large"


class NotAFile(MediaError):
    """A page, an error in JSON, or nothing, where the file should be."""

    code = "not_a_file"


class Damaged(MediaError):
    """What came has not the SHA-256 that was told, twice."""

    code = "sha256_mismatch"


class LinkDead(MediaError):
    """The provider has the file, but each of its links was dead."""

    code = "link_dead"
    retryable = "yes"


class ProviderAway(MediaError):
    """The other side does not answer, is slow, or is in trouble."""

    code = "provider_away"
    retryable = "yes"


class TimeOver(MediaError):
    """The time of the whole transfer is over."""

    code = "time_over"
    retryable = "yes"


class Redirected(Exception):
    """The file is said to be elsewhere: `location` as it came, which may be relative."""

    def __init__(self, location: str) -> None:
        """Keep the new address, unchecked."""
        super().__init__("redirected")
        self.location = location
