"""The paywall in a web site: the gate between a request and an article, and what a page carries."""
