"""How far predictions may be off: 90% intervals from errors on rows left out, and probes beyond them."""
