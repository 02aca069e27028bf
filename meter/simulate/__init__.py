"""What would a policy do to a population of readers?"""
