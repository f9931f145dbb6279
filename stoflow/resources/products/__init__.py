"""Products coming in from other people's files, and found again."""
