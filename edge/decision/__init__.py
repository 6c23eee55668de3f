"""From age estimates to a decision: fusion of samples, the customer in the zone, the policy. Pure."""
