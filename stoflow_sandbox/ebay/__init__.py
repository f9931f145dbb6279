"""The simulated eBay: OAuth token, inventory items, offers, publishing, media, and the reads needed to look."""
