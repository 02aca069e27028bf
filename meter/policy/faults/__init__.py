"""What makes a policy unusable, one module for each part of it."""
