"""Runs one role of the service: `python -m marketplace run|serve|consume|relay|work`."""

import gc
import sys

# Imports make nearly no garbage, and looking for it takes a tenth of their time; the process
# switches it on again when it is ready.
gc.disable()

from marketplace.main import service  # noqa: E402 - as said

if __name__ == "__main__":
    service.main(sys.argv[1:])
