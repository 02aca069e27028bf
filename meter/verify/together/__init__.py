"""What can be had at once: a status and its rights, a date and what the clock says."""
