"""`/monitoring`: pages for whoever looks after StoFlow, and for tenants to see their own."""
