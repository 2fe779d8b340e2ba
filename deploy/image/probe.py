"""The image's health probe: asks the process of this container whether it is ready."""

import os
import sys
from http.client import HTTPConnection

PORTS = ("GATEWAY_HTTP_PORT", "LEDGER_HTTP_PORT", "MARKETPLACE_HTTP_PORT", "SEARCH_HTTP_PORT")


def main() -> int:
    """Return 0 if `/health/ready` answers 200, and 1 otherwise."""
    port = next(int(os.environ[name]) for name in PORTS if name in os.environ)
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return int(connection.getresponse().status != 200)  # noqa: PLR2004 - HTTP's OK
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
