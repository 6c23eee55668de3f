"""Offers that a cashier may make: signed rules, matched against sales, with their results kept for comparison."""
