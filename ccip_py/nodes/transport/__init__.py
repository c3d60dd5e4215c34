"""How nodes of one committee talk: authenticated, bounded, lossy. Agreement never relies on delivery."""
