"""Settings, models and offers of many boxes from one place: signed in the office, applied on the box."""
