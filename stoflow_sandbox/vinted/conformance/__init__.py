"""What a seller's plugin is held to: StoFlow's own socket door before a simulated site, and what is asked there."""
