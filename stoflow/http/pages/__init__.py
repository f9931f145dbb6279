"""Pages for people: what the API is, and how to begin."""
