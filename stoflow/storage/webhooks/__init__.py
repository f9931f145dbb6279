"""Webhooks: who wants to be told what, and each delivery with what became of it."""
