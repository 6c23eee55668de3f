"""Export a trained checkpoint to a model bundle for lanes."""
