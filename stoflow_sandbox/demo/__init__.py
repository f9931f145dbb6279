"""The demo's own catalogue and its drawn photos."""
