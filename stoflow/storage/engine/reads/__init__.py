"""What is read of the engine's tables, by who reads it: people, actors, workers."""
