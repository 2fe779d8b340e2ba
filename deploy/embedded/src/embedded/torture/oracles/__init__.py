"""What must hold after a run, each in a module: given facts, it returns what contradicts them."""
