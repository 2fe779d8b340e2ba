"""Problems of users."""

from chassis.problems import Refused


class EmailTaken(Refused):
    """Somebody is registered with this e-mail."""

    title = "This e-mail can't be registered"
