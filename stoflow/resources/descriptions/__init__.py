"""Titles and descriptions that a model proposes."""
