"""`python -m ledger run|serve|consume|relay|work`."""

import sys

from ledger.main import service

service.main(sys.argv[1:])
