"""Place *What if*: other policies on the same simulated readers, for one publisher's numbers."""
