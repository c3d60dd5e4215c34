"""The shell: processes that run the pure engines over real chains, peers, keys and disks."""
