"""How PostgreSQL is reached: connections, sessions, tenants and their schemas."""
