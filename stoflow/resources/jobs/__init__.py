"""What people ask of jobs: submit, read, change."""
