"""Pure values: states with their transition tables, outcomes, retry rules, errors, facts."""
