"""What happened, in the past tense: one class per fact, worded in `monitoring/`."""
