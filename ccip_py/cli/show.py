"""`ccip show`: where a message is, with the evidence; and its certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from ccip_py.cli import options, terminal

Wait = Annotated[bool, typer.Option("--wait", help="Until it is executed or failed.")]
CertificateFile = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads it at run time)
    typer.Option(
        "--certificate",
        metavar="FILE",
        help="Write its delivery certificate to this file.",
        show_default=False,
    ),
]


def show(
    reference: options.Reference,
    log_index: options.LogIndex = -1,
    wait: Wait = False,
    certificate: CertificateFile = None,
    timeout: options.Timeout = 120,
    deployment: options.Deployment = None,
    rpc: options.Rpc = [],  # noqa: B006  (typer copies it)
    router: options.Router = [],  # noqa: B006
    as_json: options.Json = False,
) -> None:
    """Show a message and how far it has come."""
    from ccip_py.cli import connect, follow
    from ccip_py.cli.message_view import message_document, message_lines, stage_document, stage_line

    with connect.client(deployment, rpc, router) as ccip:
        sent = connect.one_message(ccip, reference, log_index)
        book = ccip.book
        if not as_json:
            terminal.result(None, message_lines(book, sent), False)
        stages = follow.stages(ccip, sent, timeout, as_json) if wait else list(ccip.look(sent).stages())
        document: dict[str, Any] = {
            **message_document(book, sent),
            "stage": stages[-1].stage.value,
            "stages": [stage_document(book, stage) for stage in stages],
            "cannot_see": list(book.facts(sent.lane).blind),
        }
        lines = [] if wait else [stage_line(book, stage) for stage in stages]
        lines += [f"not seen  {what}" for what in book.facts(sent.lane).blind]
        if certificate is not None:
            from ccip_py.sdk.certificate_file import dump_certificate

            certificate.write_text(dump_certificate(ccip.certificate(sent)), encoding="utf-8")
            document["certificate"] = str(certificate)
            lines.append(f"certificate written to {certificate}; `ccip verify {certificate}` checks it")
        terminal.result(document, lines, as_json)
        if wait and stages[-1].stage.value == "failed":
            raise typer.Exit(1)
