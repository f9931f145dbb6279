"""What syncs and orders jobs have seen of an account, as its seller reads it."""
