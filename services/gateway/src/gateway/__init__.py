"""People and the edge: the only door for clients."""
