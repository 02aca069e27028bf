"""Run a log of page views through a policy."""
