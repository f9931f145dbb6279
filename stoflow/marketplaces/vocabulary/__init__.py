"""Words and values that marketplaces share: sizes, colours, categories, conditions, wording."""
