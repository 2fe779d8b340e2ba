"""`python -m gateway run|serve|consume|relay|work`."""

import gc
import sys

# Imports make nearly no garbage, and looking for it takes a tenth of their time; the process
# switches it on again when it is ready.
gc.disable()

from gateway.main import service  # noqa: E402 - as said

service.main(sys.argv[1:])
