"""What a worker does with a task it may run: act, look, collect; and what becomes of what it learns."""
