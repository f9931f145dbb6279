"""Commands that do an operator's work."""
