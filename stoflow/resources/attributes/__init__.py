"""The values that a product's attributes may have, and what marketplaces ask in each category."""
