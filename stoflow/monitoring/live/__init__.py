"""Live state: what each process knows now, written to Redis for whoever looks, and read back as one view."""
