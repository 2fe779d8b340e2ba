"""One-time codes that prove a hand-over: the buyer shows one, the seller enters it.

A code is made by the buyer of a funded trade, shown once in the answer, and kept as a slow hash.
States: open -> used | withdrawn; another one may be made, and replaces it. Five wrong attempts lock
it until the buyer makes another. Owns `trade_code`.
"""
