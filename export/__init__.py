"""From a trained checkpoint to a model bundle that a lane accepts."""
