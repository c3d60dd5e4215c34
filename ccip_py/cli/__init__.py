"""The command line: `ccip`. One file per noun; `main` puts them together, and every import that costs waits for its use."""
