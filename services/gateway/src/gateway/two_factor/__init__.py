"""Second factors: what proves a person besides their password, and how a session is strengthened.

A person may have a TOTP secret, passkeys, and ten recovery codes once they have either. Log-in with
a password then ends in a challenge of five minutes, and only its answer opens a session. Owns
`totp`, `recovery_code`, `passkey` and `challenge`. Emits and hears nothing.
"""
