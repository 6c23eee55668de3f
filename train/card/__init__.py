"""The report card of an age model: how far off it is, on whom, and where it may be trusted."""
