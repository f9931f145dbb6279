"""Commands that run StoFlow's processes."""
