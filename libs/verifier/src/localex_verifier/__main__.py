"""`python -m localex_verifier`."""

import sys

from localex_verifier.cli import main

sys.exit(main())
