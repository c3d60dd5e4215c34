"""Whole committees under one seed: virtual clock, network, disks, chains, and up to f faulty members."""
