"""`python -m local.services`: hands over to the command."""

import sys

from local.services.command import main

if __name__ == "__main__":
    sys.exit(main())
