"""Calls made from here, over HTTP with OAuth2."""
