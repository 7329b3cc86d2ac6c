"""Runs one function: `python -m shared.runtime.serve --source functions/state/handler.py`.

It only reads its arguments; all else is imported as `loading` has it. See `server` for the rest.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from shared.runtime.loading import loading

EXIT_SETTINGS = 78  # EX_CONFIG of sysexits.h


def main() -> None:
    """Entry of the process."""
    given = _arguments()
    with loading():
        import uvloop  # noqa: PLC0415  # here is where the time of a start goes

        from shared.runtime import cpu_limit  # noqa: PLC0415
        from shared.runtime.errors import SettingsError  # noqa: PLC0415
        from shared.runtime.server import ServeSettings, make_server  # noqa: PLC0415

        try:
            server = make_server(ServeSettings.load().model_copy(update=given))
        except SettingsError as error:
            print(error.detail, file=sys.stderr)  # noqa: T201  # the process's last words
            sys.exit(EXIT_SETTINGS)
    cpu_limit.enforce()
    uvloop.run(server.serve())


def _arguments() -> dict[str, Any]:
    """Those of the server's settings that were given."""
    parser = argparse.ArgumentParser(prog="python -m shared.runtime.serve", description=__doc__)
    parser.add_argument(
        "--source", type=Path, dest="function_source", help="handler file (FUNCTION_SOURCE)"
    )
    parser.add_argument("--host", help="address to bind (HOST)")
    parser.add_argument("--port", type=int, help="port to bind (PORT)")
    return {k: v for k, v in vars(parser.parse_args()).items() if v is not None}


if __name__ == "__main__":
    main()
