"""`python -m gateway run|serve|consume|relay|work`."""

import sys

from gateway.main import service

service.main(sys.argv[1:])
