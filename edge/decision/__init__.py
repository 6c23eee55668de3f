"""From age estimates to a decision: fusion, the customer in the zone, the policy. Pure."""
