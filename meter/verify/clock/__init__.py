"""What the time does to a reader who stays who they are: what clocks say, one after the other."""
