"""The whole network in one box: chains, contracts and nodes on one machine."""
