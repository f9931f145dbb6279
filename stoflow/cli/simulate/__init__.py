"""Commands that play: the demo, the simulated marketplaces, the reference plugin."""
