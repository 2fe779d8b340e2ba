"""Trades beside their escrows, as both were told; what differs for too long is told."""
