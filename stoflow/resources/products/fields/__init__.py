"""What the columns and cells of a seller's file mean: from a row to the fields of a product."""
