"""For applications: quote, send, track, execute. See `client`."""
