"""Read and apply the mutants: `<id>.patch`, one changed line each, and the row of the threat table it undoes.

Before the diff, a patch says in words what it breaks and, line by line, what the runner needs:

    Breaks: what an attacker may do once this line is gone
    Rebuild: OffRamp OnRamp        the deployed contracts that the changed source is part of
    Test: tests/risk/test_x.py     instead of Rebuild, for a line of Python: the file of the test

The test that must fail is the one named after the row: `test_A1_…` or `testFuzz_A1_…`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]

_HEADER = re.compile(r"^(Breaks|Rebuild|Test): (.+)$", re.MULTILINE)
_FILE = re.compile(r"^--- a/(\S+)\n\+\+\+ b/(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line of `path`, from `before` to `after`."""

    id: str
    breaks: str
    path: str
    before: str
    after: str
    context: str  # the lines around it, with the line as it is
    rebuild: tuple[str, ...]
    test: str | None


def read_all() -> dict[str, Mutant]:
    """Every mutant by its id, in the order of the table."""
    names = sorted(
        (patch.stem for patch in FOLDER.glob("*.patch")), key=lambda name: (name[0], int(name[1:]))
    )
    return {name: read(name) for name in names}


def read(name: str) -> Mutant:
    """One mutant. ValueError when the patch changes anything but one line, or has no header."""
    text = (FOLDER / f"{name}.patch").read_text(encoding="utf-8")
    header = dict(_HEADER.findall(text))
    files = _FILE.findall(text)
    if "Breaks" not in header or len(files) != 1 or ("Rebuild" in header) == ("Test" in header):
        raise ValueError(f"{name}.patch: expected one file, `Breaks:`, and either `Rebuild:` or `Test:`")
    lines = text[text.index("@@") :].splitlines()[1:]
    gone = [line[1:] for line in lines if line.startswith("-")]
    new = [line[1:] for line in lines if line.startswith("+")]
    if len(gone) != 1 or len(new) != 1:
        raise ValueError(
            f"{name}.patch changes {len(gone)} lines into {len(new)}: a mutant changes one into one"
        )
    kept = [line[1:] for line in lines if line[:1] in (" ", "-") or not line]
    rebuild = tuple(header.get("Rebuild", "").split())
    return Mutant(
        name, header["Breaks"], files[0][0], gone[0], new[0], "\n".join(kept), rebuild, header.get("Test")
    )


def apply(mutant: Mutant, root: Path = ROOT) -> str:
    """The changed source. ValueError when the context is not there exactly once: the patch went stale."""
    source = (root / mutant.path).read_text(encoding="utf-8")
    if source.count(mutant.context) != 1:
        raise ValueError(
            f"{mutant.id}.patch does not apply to {mutant.path}: its context is there "
            f"{source.count(mutant.context)} times, expected once. Write it anew for the source as it is now"
        )
    changed = mutant.context.replace(mutant.before, mutant.after, 1)
    return source.replace(mutant.context, changed)
