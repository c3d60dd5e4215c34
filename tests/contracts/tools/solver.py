"""The solver that halmos asks: `python solver.py QUERY.smt2` prints `sat` with a model, or `unsat`.

Bitwuzla comes as a library only. It decides in a second what yices, which halmos asks otherwise, does not in five
minutes: products and quotients of 256 bits.
"""

import sys

from bitwuzla import Option, Options, Parser, TermManager


def main(query: str) -> None:
    options = Options()
    options.set(Option.PRODUCE_MODELS, True)
    Parser(TermManager(), options, "smt2").parse(query)


if __name__ == "__main__":
    main(sys.argv[1])
