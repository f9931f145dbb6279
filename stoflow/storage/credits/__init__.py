"""Credits for texts by a model, and the texts."""
