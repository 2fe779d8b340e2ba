"""The vault: personal data of each person under a key of their own.

Fields (PII, FINANCIAL, DOCUMENT) are encrypted by AES-256-GCM under a data key, which is wrapped by
a key from a file; rotation wraps data keys anew while everything serves. People keep, read and
delete their own; operators read by the rules and with a reason, which the access log keeps. Erasure
destroys the data key: what is left of it, in backups too, can't be read. Owns `vault_rule`,
`vault_key`, `vault_field`. Emits VaultErased on `gateway.vault.v1`; hears nothing.
"""
