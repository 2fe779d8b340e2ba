"""Problems of the vault."""

from chassis.problems import Forbidden, Missing, Refused


class NoSuchField(Missing):
    """Nothing of this name is kept, or may be kept."""

    title = "There is no such field"


class VaultErased(Refused):
    """The person's key was destroyed: nothing can be read or kept any more."""

    title = "This vault was erased"


class FieldBarred(Forbidden):
    """The field is too sensitive for the reader's role."""

    title = "This role may not read the field"
