"""The calls of Etsy's API, one function each, named after Etsy's own operation; what they mean is elsewhere."""
