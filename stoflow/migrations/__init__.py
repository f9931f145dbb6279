"""How the schemas change."""
