"""Who asks: access tokens, the keys that sign them, and the tenant they name."""
