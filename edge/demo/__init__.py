"""The demonstration: a lane, a simulated till, and a clip made on the spot."""
