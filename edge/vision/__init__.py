"""From a frame to aligned crops: detection, tracking, quality, alignment."""
