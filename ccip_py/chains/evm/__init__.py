"""The EVM family: JSON-RPC, finality, logs, contracts, reverts and the sender."""
