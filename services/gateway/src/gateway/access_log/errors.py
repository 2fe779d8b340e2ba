"""Problems of looks."""

from typing import Self

from chassis.problems import Malformed


class ReasonNeeded(Malformed):
    """Somebody with power looks at what is another's, and does not say why."""

    title = "Say why you look at this"

    @classmethod
    def why(cls, form: str) -> Self:
        """The problem that names the header."""
        return cls(
            f"this is somebody else's: send Access-Reason, {form}; they will see who looked, when "
            f"and why",
            errors=[{"field": "Access-Reason", "rule": "reason", "message": form}],
        )
