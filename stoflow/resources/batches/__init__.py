"""Many jobs asked for together."""
