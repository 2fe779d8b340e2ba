"""Finding: an index fed by events."""
