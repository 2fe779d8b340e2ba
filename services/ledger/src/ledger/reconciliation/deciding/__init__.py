"""Decisions: who or what settled which items, and why. Nothing of it is ever changed."""
