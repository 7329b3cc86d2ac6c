"""`python -m local.services`: hands over to the command."""

import signal
import sys

from local.services.command import main

if __name__ == "__main__":
    # A shell starts a command in the background with Ctrl-C ignored; a half-made start must end.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
