"""`edge-agent doctor`: is everything on this box as a lane needs it? `edge.doctor.checks` lists what is looked at."""
