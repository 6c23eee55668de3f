"""The report card of an age model: its errors by source, age, sex and group, its thresholds, and its limits."""
