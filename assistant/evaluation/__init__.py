"""How well the assistant answers a set of questions whose right answers somebody has written down."""
