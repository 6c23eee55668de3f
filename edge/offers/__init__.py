"""What a cashier may offer: rules learnt from filed purchases, signed, matched at the lane, and held against sales that
got none."""
