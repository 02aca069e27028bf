"""Read any log of page views as pieces with the same columns."""
