"""`localex ledger`: the books examined, copied out, and brought in."""

from cyclopts import App

from embedded.books import export, history, restore, verifying


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="ledger", help="Look after the books.")
    group.command(verifying.verify)
    group.command(export.export)
    group.command(restore.restore, name="import")
    group.command(history.import_history)
    app.command(group)
