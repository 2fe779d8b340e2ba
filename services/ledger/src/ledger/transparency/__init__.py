"""Transparency: every transfer is a leaf of a Merkle tree whose root is signed for all to keep.

Owns the form of leaves, the tree, checkpoints and receipts. The modules of this folder are pure:
rows, salts and keys come in, bytes go out. `docs/concepts/transparency.md` has the formats to the
byte; `libs/verifier` checks them from the outside and shares no code with this folder.
"""
