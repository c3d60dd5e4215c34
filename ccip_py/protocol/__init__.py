"""What a message is: the facts that contracts and nodes must agree on, bit for bit. Pure."""
