"""eBay, through its Sell APIs."""
