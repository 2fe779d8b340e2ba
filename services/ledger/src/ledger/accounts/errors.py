"""Problems of accounts."""

from chassis.problems import Forbidden, Missing


class NoSuchAccount(Missing):
    """There is no such account, or it is somebody else's."""

    title = "There is no such account"


class NotYourAccounts(Forbidden):
    """Only operators look at other people's accounts."""

    title = "Only operators look at other people's accounts"
