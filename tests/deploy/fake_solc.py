"""A compiler that knows one thing: every `contract X` has a function `x`. It notes each time it really compiles."""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSION = (HERE / "version").read_text().strip()


def compiled(source: str, text: str) -> dict[str, object]:
    names = re.findall(r"^contract (\w+)", text, re.MULTILINE)
    abi = [{"type": "function", "name": "x", "inputs": [], "outputs": [], "stateMutability": "view"}]
    code = {"object": text.encode().hex()}
    return {name: {"abi": abi, "evm": {"bytecode": code, "deployedBytecode": code}} for name in names}


def main() -> None:
    if "--version" in sys.argv:
        print(
            f"solc, the solidity compiler commandline interface\nVersion: {VERSION}+commit.00000000.Linux.g++"
        )
        return
    request = json.load(sys.stdin)
    with (HERE / "requests").open("a") as log:
        log.write(json.dumps(request) + "\n")
    texts = {name: source["content"] for name, source in request["sources"].items()}
    if any("syntax error" in text for text in texts.values()):
        error = {"severity": "error", "formattedMessage": "ParserError: no such word", "type": "ParserError"}
        print(json.dumps({"errors": [error]}))
        return
    wanted = request["settings"]["outputSelection"]
    print(json.dumps({"contracts": {name: compiled(name, texts[name]) for name in wanted}}))


main()
