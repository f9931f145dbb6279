"""Kiosque, a marketplace that does not exist: what is different there from the three is what this shows."""
