"""`make demo`: a lane, a simulated till, and a clip that is drawn for it."""
