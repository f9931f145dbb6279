"""How a seller comes in: registers, signs in and out, and changes their password."""
