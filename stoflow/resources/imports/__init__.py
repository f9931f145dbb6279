"""Imports: files of products given over HTTP, taken in while nobody waits."""
