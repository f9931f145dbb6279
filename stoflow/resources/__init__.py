"""What people use, a folder each: use cases and their views."""
