"""`python -m connector`: brings events from the queues to the functions."""

import os
import sys

from shared.runtime.loading import loading


def main() -> None:
    """Entry of the process."""
    with loading():
        import uvloop  # noqa: PLC0415  # here is where the time of a start goes

        from connector.run import NAME, run  # noqa: PLC0415
        from connector.settings import Settings  # noqa: PLC0415
        from shared.runtime.errors import SettingsError  # noqa: PLC0415
        from shared.runtime.library_logs import take_over  # noqa: PLC0415
        from shared.runtime.logging import name_service  # noqa: PLC0415

        name_service(NAME)
        take_over()
        try:
            settings = Settings.load()
        except SettingsError as error:
            print(error.detail, file=sys.stderr)  # noqa: T201  # the process's last words
            sys.exit(os.EX_CONFIG)
    uvloop.run(run(settings))


if __name__ == "__main__":
    main()
