"""One rule to a file: a further reason why something does not run yet is one more file here, and nothing elsewhere."""
