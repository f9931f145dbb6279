"""A seller's connections: their accounts, consents and sealed tokens."""
