"""What would a policy have done to the readers of a log?"""
