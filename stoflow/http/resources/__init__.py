"""What the API offers, resource by resource."""
