"""The commands of `meter` that read, try and show a policy; each is imported when asked for."""
