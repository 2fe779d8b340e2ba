"""History of before: transfers of another system, posted with the dates when they took effect.

A file is one import with a name of its own. Its rows go through the journal like any transfer: same
rules, chain, log and events; their entries are late ones, effective then and posted now. How far it
is moves with the rows, in one transaction, so that whoever breaks off goes on without a double.
Emits what the journal emits, and AccountOpened for outside parties that are named first.
"""
