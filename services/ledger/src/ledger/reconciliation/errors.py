"""Problems of reconciliation."""

from typing import Final

from chassis.problems import Forbidden, Malformed, Missing, Problem, Refused


class StatementFileMalformed(Malformed):
    """The file breaks a rule: `errors` name line, field and rule. Nothing of it was taken."""

    title = "The statement file was refused as a whole"


class StatementDoesNotContinue(Refused):
    """A statement opens with what the one before it closed with."""

    title = "The statement does not continue the one before it"


class OtherExternalAccount(Refused):
    """The file is about another account at the bank."""

    title = "The file is about another account"


class NotReconciled(Missing):
    """Nobody has said how this account is reconciled."""

    title = "The account is not reconciled"


class NotOneOfOurs(Refused):
    """Accounts of people are not reconciled with a bank's statements."""

    title = "Only system accounts are reconciled"


class SetupFixed(Refused):
    """Sign and external account are said once."""

    title = "Sign and external account cannot change"


class NoStatement(Refused):
    """There is no statement yet."""

    title = "There is no statement yet"


class NoSuchRun(Missing):
    """There is no such run."""

    title = "There is no such run"


class RunInProgress(Refused):
    """One run at a time for an account."""

    title = "A run is in progress"


class RunMoved(Refused):
    """A run that is done is not paused or resumed."""

    title = "The run does not stand there"


class NotOpen(Refused):
    """One of the items is settled already, or there is no such item."""

    title = "One of the items is not open"


class SumsDiffer(Refused):
    """What is matched by hand agrees to the minor unit; the rest is written off or ignored."""

    title = "The lines and the entries do not agree"


class NothingToWriteOff(Refused):
    """The items agree: match them."""

    title = "There is nothing to write off"


class NoSuchDecision(Missing):
    """There is no such decision."""

    title = "There is no such decision"


class NotUndoable(Refused):
    """Undone already, or a write-off: that is a transfer, to be reversed as one."""

    title = "The decision cannot be undone"


class NoSuchProposal(Missing):
    """There is no such proposal."""

    title = "There is no such proposal"


class ProposalDecided(Refused):
    """Somebody has decided about the proposal."""

    title = "The proposal was decided before"


class FourEyes(Forbidden):
    """Who proposed a write-off does not approve it."""

    title = "A second operator has to approve this"


#: What the database calls a rule -> the problem that the caller sees.
CONSTRAINTS: Final[dict[str, type[Problem]]] = {
    "reconciliation_item_settled_once": NotOpen,
    "reconciliation_run_one_at_a_time": RunInProgress,
    "bank_statement_continues": StatementDoesNotContinue,
    "write_off_proposal_four_eyes": FourEyes,
    "reconciliation_write_off_four_eyes": FourEyes,
}
