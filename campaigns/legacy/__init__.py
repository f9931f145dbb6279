"""A database of the old house is carried over while its program writes and the migration is killed."""
