"""The rules of a policy, walked for all situations at once, over any algebra."""
