"""A prompt as a text: laid out in the plain way, filled into a draft, or looked up."""
