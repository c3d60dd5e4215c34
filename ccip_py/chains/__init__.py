"""The only code that talks to chains. It reads, sends and names what it sees; it decides nothing."""
