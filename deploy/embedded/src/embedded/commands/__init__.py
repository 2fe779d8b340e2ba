"""The commands of `localex`, a module a group."""
