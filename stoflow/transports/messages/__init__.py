"""Messages: Dramatiq's broker on Redis, and the sending."""
