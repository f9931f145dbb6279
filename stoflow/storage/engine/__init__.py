"""The engine's own SQL: schema-qualified from integers, one statement per step of a job's life."""
