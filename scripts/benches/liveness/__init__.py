"""How soon the network does what it promises, and how soon it recovers: `scripts/bench liveness`."""
