"""How work leaves the process."""
