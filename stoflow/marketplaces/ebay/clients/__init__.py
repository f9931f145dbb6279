"""The calls of eBay's Sell APIs, one function each, named after eBay's own operation; what they mean is elsewhere."""
