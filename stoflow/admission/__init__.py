"""May this run now? One value, `Hold`, and one rule to a file: asked by actors and workers, shown to people."""
