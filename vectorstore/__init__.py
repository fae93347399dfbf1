"""Articles in, matching passages out. Knows nothing of chat."""
