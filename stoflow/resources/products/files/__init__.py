"""Files of products read into rows, whatever program wrote them."""
