"""The one thing that goes wrong."""


class Wrong(Exception):
    """What was presented does not hold; the message says to its owner what, and why it matters."""
