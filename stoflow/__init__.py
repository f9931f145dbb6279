"""StoFlow: every operation of a marketplace seller as a durable job made of small recorded tasks."""
