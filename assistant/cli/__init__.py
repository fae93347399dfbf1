"""The command line: a module for each group of commands; ``printing`` is what they show (Rich)."""
