"""What can go wrong with the local servers, each said with what to do next."""

from typing import ClassVar


class ServicesError(Exception):
    """A server could not be started, stopped or reached."""

    exit_code: ClassVar[int] = 1


class MissingProgramError(ServicesError):
    """A server's program is not on this machine; the message holds the command that brings it."""

    exit_code: ClassVar[int] = 2


class NotReadyError(Exception):
    """A server does not answer yet; asking again may help."""


class GivenUpError(ServicesError):
    """A start was broken off because it is not wanted any more: not a failure of its own."""
