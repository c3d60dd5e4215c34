"""Writes docs/errors.md: every custom error of every contract, out of the compiled ABIs.

The ABIs say which errors there are and who can throw them; what one means is the `@notice` above its declaration in
the sources; one of ours without is a mistake. `python scripts/error_catalogue.py` writes the page, `--check` says whether it
is up to date.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from eth_utils.abi import abi_to_signature, function_signature_to_4byte_selector

from ccip_py.deploy import artifacts
from ccip_py.deploy.compile import ROOT

PAGE = ROOT / "docs" / "errors.md"
COMMAND = "python scripts/error_catalogue.py"
ELSEWHERE = "OpenZeppelin"
HEAD = f"""\
# Errors

Every custom error of the contracts: what it means, and which contracts can throw it. The SDK, the CLI and the pytest plugin show
errors by name with their values, also those wrapped in `ReceiverError`, `TokenHandlingError` or `ExecutionError`; `ccip parse 0x…`
decodes revert data offline. Your own errors are shown too, once their ABI is known.

<!-- Written by `{COMMAND}` from the compiled contracts. Do not edit. -->
"""

_DECLARED = re.compile(r"((?:[ \t]*///[^\n]*\n)*)[ \t]*error\s+(\w+)\s*\(", re.MULTILINE)
_LINE = re.compile(r"^[ \t]*///[ \t]?", re.MULTILINE)


def page() -> str:
    """The whole page, as it should be."""
    throwers, declared = _throwers(), dict(_declarations())
    groups: dict[str, list[str]] = defaultdict(list)
    for signature, contracts in sorted(throwers.items()):
        owner, meaning = declared.get(signature.partition("(")[0], (ELSEWHERE, ""))
        selector = "0x" + function_signature_to_4byte_selector(signature).hex()
        by = ", ".join(f"`{name}`" for name in contracts)
        groups[owner].append(f"| `{signature}` | `{selector}` | {meaning} | {by} |")
    sections = [HEAD]
    for owner in sorted(groups, key=lambda name: (name == ELSEWHERE, name)):
        head = f"## {owner}\n\n| error | selector | meaning | thrown by |\n|---|---|---|---|\n"
        sections.append(head + "\n".join(groups[owner]) + "\n")
    return "\n".join(sections)


def unexplained(text: str) -> list[str]:
    """The errors of ours in a page that has no meaning for them."""
    ours = text.partition(f"## {ELSEWHERE}\n")[0]
    return re.findall(r"^\| `([^`]+)` \| `0x\w+` \|\s*\|", ours, re.MULTILINE)


def _throwers() -> Mapping[str, list[str]]:
    """Signature → the deployable contracts whose ABI has it; interfaces and bases where there is none."""
    every: dict[str, list[str]] = defaultdict(list)
    deployable: dict[str, list[str]] = defaultdict(list)
    for name in artifacts.names():
        artifact = artifacts.load(name)
        for item in artifact.abi:
            if item["type"] == "error":
                signature = abi_to_signature(item)
                every[signature].append(name)
                if artifact.bytecode:
                    deployable[signature].append(name)
    return {signature: deployable[signature] or names for signature, names in every.items()}


def _declarations() -> Iterator[tuple[str, tuple[str, str]]]:
    """Error name → where it is declared, and what is said of it there."""
    for source in sorted((ROOT / "contracts").rglob("*.sol")):
        for comment, name in _DECLARED.findall(source.read_text(encoding="utf-8")):
            text = " ".join(_LINE.sub("", comment).split())
            meaning = text.replace("@notice ", "").replace("@dev ", "").replace("|", "\\|")
            yield name, (source.stem, meaning)


def main(arguments: list[str]) -> int:
    """Write the page, or with --check compare it: 0 if it is as it should be."""
    wanted = page()
    if missing := unexplained(wanted):
        print(f"error: nothing says what these mean: {', '.join(missing)}", file=sys.stderr)
        print("help: write a @notice above their declarations", file=sys.stderr)
        return 1
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    print(
        f"error: {Path('docs') / PAGE.name} is not what the contracts say\nhelp: {COMMAND}", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
