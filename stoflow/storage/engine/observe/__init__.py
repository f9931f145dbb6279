"""What a page of an account showed: settled, and recorded with what follows from it."""
