"""Runs one role of the service: `python -m marketplace run|serve|consume|relay|work`."""

import sys

from marketplace.main import service

if __name__ == "__main__":
    service.main(sys.argv[1:])
