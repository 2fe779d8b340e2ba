"""Compliance: KYC, AML and sanctions checks of people by a provider, and what follows from them.

A check is PENDING, then CLEAR (until it expires), REVIEW or REFUSED; a timer checks again before
the end, and what could not be checked in time is EXPIRED. Two operators together can override. A
person is restricted while a check forbids to move money; the ledger freezes what they could spend.

Owns `compliance_standing`, `compliance_check`, `compliance_override`. Emits ComplianceChanged on
`gateway.compliance.v1`, keyed by user, told to nobody live: whoever is under suspicion must not
learn of it. Hears nothing.
"""
