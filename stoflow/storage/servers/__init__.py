"""The embedded PostgreSQL and Valkey of one home."""
