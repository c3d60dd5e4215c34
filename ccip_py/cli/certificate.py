"""`ccip verify`: whether a delivery certificate holds, offline or against chains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from ccip_py.cli import options, terminal

if TYPE_CHECKING:
    from ccip_py.sdk.certificate import Certificate
    from ccip_py.sdk.verify_certificate import Check

File = Annotated[Path, typer.Argument(help="A certificate, from `ccip show --certificate`.")]
PinsFile = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads it at run time)
    typer.Option(
        "--pins",
        metavar="FILE",
        help="Signer sets, from `ccip lane -s A -D B --pins`: verify offline.",
        show_default=False,
    ),
]


def verify(
    file: File,
    pins: PinsFile = None,
    deployment: options.Deployment = None,
    rpc: options.Rpc = [],  # noqa: B006  (typer copies it)
    router: options.Router = [],  # noqa: B006
    as_json: options.Json = False,
) -> None:
    """Verify a delivery certificate: offline with --pins, else by asking both chains.

    Offline it proves that the quorums signed for this message; only the chain itself says that it was executed.
    """
    from ccip_py.sdk.certificate_file import parse_certificate, parse_pins
    from ccip_py.sdk.verify_certificate import verify as check

    certificate = parse_certificate(_read(file))
    if pins is not None:
        checks = check(certificate, parse_pins(_read(pins)))
        against = f"signer sets of {pins}, offline"
    else:
        checks = _ask_chains(certificate, deployment, rpc, router)
        against = "what both chains say now"
    good = all(one.holds for one in checks)
    words = {True: terminal.paint("ok    ", "green"), False: terminal.paint("BROKEN", "red")}
    lines = [f"{words[one.holds]} {one.name}: {one.found}" for one in checks]
    lines.append(
        ("the certificate holds" if good else "the certificate does NOT hold") + f", against {against}"
    )
    document = {"holds": good, "message_id": bytes(certificate.message.message_id), "checks": checks}
    terminal.result(document, lines, as_json)
    if not good:
        raise typer.Exit(1)


def _read(path: Path) -> str:
    from ccip_py.errors import ConfigError

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as missing:
        raise ConfigError(f"cannot read {path}: {getattr(missing, 'strerror', None) or 'not text'}") from None


def _ask_chains(
    certificate: Certificate, deployment: Path | None, rpc: list[str], router: list[str]
) -> tuple[Check, ...]:
    from ccip_py.cli import connect

    with connect.client(deployment, rpc, router) as ccip, terminal.waiting("asking both chains"):
        return ccip.verify(certificate)
