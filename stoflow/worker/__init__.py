"""The door Dramatiq opens."""
