"""The audit log of a service: who with power did what, kept so that a change of it is found.

`record` writes events in the transaction of the change; `keeper` gives them places in a hash chain,
signs what it came to and copies that out of the database; `verify` examines all of it.
"""
