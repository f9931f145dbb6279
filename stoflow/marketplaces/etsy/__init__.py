"""Etsy, through its Open API v3."""
