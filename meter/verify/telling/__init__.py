"""Say in words what a proof found, on a terminal and on a page alike."""
