"""Run a role of the service: `python -m search run|serve|consume|relay|work`."""

import sys

from search.main import service

service.main(sys.argv[1:])
