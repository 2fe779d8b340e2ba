"""Exports: all that is kept of a person, in one ZIP file, for that person alone.

A task (`chassis.tasks`) gathers it from this service's tables and, as the person, from the other
services' own routes: what a member may see of themselves is in it with their pictures, and nothing
else. Emits SecurityChanged when one is asked for and ExportEnded when it is there; hears nothing.
"""
