"""What can be done with a job, one use case per file."""
