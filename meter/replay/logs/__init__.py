"""How is a log of page views read?

CSV, JSON Lines, Parquet, Arrow and tables become pieces with the same columns.
"""
