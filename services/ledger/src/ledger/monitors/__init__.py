"""Monitors: a line that somebody watches an account's figure for.

States: armed -> beyond, told once -> armed again when the figure has come back by the hysteresis;
ended by whoever made it. They are evaluated behind the postings, entry by entry along the
account's chain. Emits MonitorCrossed on `ledger.monitors.v1`, keyed by account; hears nothing.
"""
