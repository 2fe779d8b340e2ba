"""A typed client of the LocalEx gateway."""
