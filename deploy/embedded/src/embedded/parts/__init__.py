"""The parts of the stack, one file each: what it is, how it starts, how it proves who it is."""
