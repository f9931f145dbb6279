"""Each tenant has a word of its own: a hundred thousand answers to others must not hold it."""
