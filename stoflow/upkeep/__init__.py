"""What goes on by itself: the sweep, leases, periodic jobs, and what one marketplace tells the others of a product."""
