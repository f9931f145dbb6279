"""Handlers and services: one folder per marketplace."""
