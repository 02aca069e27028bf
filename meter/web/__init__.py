"""The engine behind a web server: in a publisher's site, and as a server of its own."""
