"""Statement files: CSV, camt.053, MT940, read into statements. Pure; a fault refuses the file."""
