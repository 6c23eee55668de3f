"""`edge-gateway`: tills that speak HTTP and JSON instead of ZeroMQ."""
