"""The door users open."""
