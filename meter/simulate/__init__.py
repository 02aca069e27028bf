"""What a policy would do to a population of readers."""
