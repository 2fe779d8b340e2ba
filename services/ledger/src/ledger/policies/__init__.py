"""Policies: what an account may and may not, as operators set it.

Floor, soft floor (to cross it is allowed and told), ceiling, velocities (the most that may go out
in a rolling window), gifts accepted, frozen, closed. Each change is a version, kept with who, when
and why. The journal and the database hold the policies; here they are changed and read. Emits
AccountPolicyChanged on `ledger.accounts.v1`, keyed by account; hears ComplianceChanged, which
freezes what a restricted person could spend. Owns `restriction`: who that is.
"""
