"""The web page over an Assistant."""
