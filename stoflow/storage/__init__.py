"""What PostgreSQL remembers."""
