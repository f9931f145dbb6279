"""What came of a tenant's jobs, in numbers."""
