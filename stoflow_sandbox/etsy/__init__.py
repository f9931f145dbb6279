"""The simulated Etsy: rotating tokens, draft listings, images, inventory, publishing, and the reads needed to look."""
