"""What happened, in words and numbers."""
