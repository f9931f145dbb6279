"""Events: what changes wrote down of themselves, given numbers, read again, and forgotten after a while."""
