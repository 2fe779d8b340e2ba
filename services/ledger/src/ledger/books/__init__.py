"""The books as a whole: copied out into files, brought back, and begun with what was before.

An export is one snapshot of every table that the books are made of, with a digest each that does
not depend on the file's format. An import brings it into an empty ledger under all its rules.
History of before is posted through the journal like everything else.
Emits what the journal emits, for history; nothing for an import, because it has been said.
"""
