"""Models as a service: HTTP with JSON, CSV and Arrow, a page, and a client."""
