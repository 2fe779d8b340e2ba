"""Trades: from an offer over escrow to release, or back.

offered -> accepted -> funded -> handed_over -> confirmed -> released is the way of a trade that
goes well; docs/concepts/trades.md draws the others. Emits each step as `Trade...` and commands
the ledger's escrow; hears what became of the escrow, and a timer for steps that nobody takes.
A trade is a sale, a gift or a barter; what has no price asks nothing of the ledger.
"""
