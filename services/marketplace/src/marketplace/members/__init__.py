"""Members' names beside what they offer; heard from the gateway, told to nobody else."""
