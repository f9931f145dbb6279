"""The contract suite: the promises that every marketplace keeps, tried on one that is installed."""
