"""Events: what a seller's pages and webhooks are told, in the order of their numbers."""
