"""Rate limits: how much a person, a session and an address may ask for.

Buckets by the generic cell rate algorithm, in Valkey, shared by all gateway processes. A process
takes cells in advance, a lease of at most a tenth of a burst for ten seconds, so that most requests
ask nobody: never more is let in than the limit allows, and what a process holds unused is what
others may miss. While Valkey is away each process counts by itself, at a quarter. Owns no
table; emits and hears nothing.
"""
