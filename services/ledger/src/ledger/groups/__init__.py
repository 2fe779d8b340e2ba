"""Groups of accounts, whose balance is told as one figure an asset, exact at any time.

Who was in a group, from when to when, is kept. A group belongs to whoever made it: a person's holds
their own accounts, an operator's any. Emits nothing; hears nothing.
"""
