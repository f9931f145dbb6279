"""A tenant's products as rows: read, written, known again by the seller's keys."""
