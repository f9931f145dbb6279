"""A file for each view: its pages and what people can do there. `catalogue.py` finds them by itself."""
