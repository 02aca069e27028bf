"""Reader: a clock one can push, the very page in a frame, and why it is shown."""
