"""The sockets of pages and plugins."""
