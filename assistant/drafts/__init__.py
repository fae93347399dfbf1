"""Texts that somebody wrote, held against the library sentence by sentence."""
