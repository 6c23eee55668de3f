"""The box's clocks, and the time by which a lane ages what it keeps."""
