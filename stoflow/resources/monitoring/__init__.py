"""How it is now: the live view, a row for each marketplace, and the verdict."""
