"""What z3 says of a policy that is too large for a diagram. Needs the extra `smt`."""
