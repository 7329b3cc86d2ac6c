"""`python -m parley` is the command `parley`."""

import sys

from parley.command import main

sys.exit(main())
