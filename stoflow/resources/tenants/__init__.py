"""What support and administrators do with tenants."""
