"""The studio: a local web app in which staff see, change and check an offer."""
