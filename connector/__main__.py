"""`python -m connector`: brings events from the queues to the functions."""

import os
import sys

import uvloop

from connector.run import NAME, run
from connector.settings import Settings
from shared.runtime.errors import SettingsError
from shared.runtime.logging import name_service


def main() -> None:
    """Entry of the process."""
    name_service(NAME)
    try:
        settings = Settings.load()
    except SettingsError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201  # the process's last words
        sys.exit(os.EX_CONFIG)
    uvloop.run(run(settings))


if __name__ == "__main__":
    main()
