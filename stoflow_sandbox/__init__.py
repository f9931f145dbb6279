"""Simulated marketplaces with a ledger of every call they received."""
