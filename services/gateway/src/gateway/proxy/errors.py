"""Problems of forwarding."""

from chassis.problems import Problem


class AmbiguousRequest(Problem):
    """Gateway and service could read the request differently."""

    status = 400
    title = "The request can be read in more than one way"


class NoSuchRoute(Problem):
    """Nothing answers under this path."""

    status = 404
    title = "There is no such route"


class MethodUnknown(Problem):
    """No route has this method."""

    status = 405
    title = "The route has no such method"

    def headers(self) -> dict[str, str]:
        """RFC 9110 wants to know what there is."""
        return {"Allow": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"}


class BodyTooSlow(Problem):
    """The body did not arrive in time."""

    status = 408
    title = "The body did not arrive in time"


class ServiceAway(Problem):
    """The service that answers this route can't be reached."""

    status = 503
    title = "Not available at the moment"

    def headers(self) -> dict[str, str]:
        """When to try again."""
        return {"Retry-After": str(self.facts["retry_after_seconds"])}


class BadAnswer(Problem):
    """The service's answer could not be understood."""

    status = 502
    title = "The service's answer could not be understood"

    def __init__(self, service: str) -> None:
        """Say which service."""
        super().__init__(
            f"the {service} did not answer in whole and good HTTP; what you asked for may have "
            f"been done: ask again with the same Idempotency-Key",
            service=service,
        )


class ServiceTooSlow(Problem):
    """The service did not answer in time."""

    status = 504
    title = "The service did not answer in time"


class ClientGone(Exception):
    """The client closed its connection before its request was complete."""
