"""What a platform that has accounts of its own does for them here."""
