"""Gas of every operation of a lane: ours, and published contracts of others, in one run under equal conditions."""
