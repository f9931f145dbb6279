"""Brocante, a marketplace that does not exist: the model of how one is written."""
