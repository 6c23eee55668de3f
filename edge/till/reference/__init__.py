"""The reference till: code for integrators to read, run and compare their till with."""
