"""Products coming in: other people's files, and the catalogue of the demo."""
