"""The command line: ``commands`` is its grammar (Typer), ``printing`` what it shows (Rich)."""
