"""Webhooks: what tenants and platforms want to be told, where, and what became of it."""
