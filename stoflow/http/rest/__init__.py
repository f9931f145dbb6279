"""What every route shares: how it is described, read, answered and refused."""
