"""What leaves the simulator for other tools: page views as events, estimates as tidy rows."""
