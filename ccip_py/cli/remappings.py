"""`ccip remappings`: where compilers find the contracts that come with this package."""

from __future__ import annotations

from ccip_py.cli import options, terminal


def remappings(as_json: options.Json = False) -> None:
    """Print the lines by which Foundry finds `ccip/receivers/CCIPReceiver.sol` and its like.

    ccip remappings >> remappings.txt

    The second is what these import of OpenZeppelin's: leave it out where your project has its own, of version 5.
    """
    from ccip_py.deploy.artifacts import remappings as shipped

    lines = [f"{prefix}={place.as_posix()}/" for prefix, place in shipped()]
    terminal.result(lines, lines, as_json)
