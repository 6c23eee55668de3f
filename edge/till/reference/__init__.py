"""A reference till: what an integrator may read, run and compare with."""
