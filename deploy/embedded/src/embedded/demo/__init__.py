"""The demo: one bicycle changes hands on the running system, and every figure is checked."""
