"""What a new user does, from registering to leaving, with no code of ours on their side."""
