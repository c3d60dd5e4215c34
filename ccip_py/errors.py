"""What went wrong, by what the caller can do about it.

CcipError
├─ BadInput           fix the call; never retried       ConfigError, UnknownLane, CannotEncode
├─ NotYet             ask again later; retried          NotFinal, NotBlessed, EndpointDown
├─ Refused            the chain said no, and why        ContractRefused
├─ Misbehaved         someone else broke the protocol   BadSignature, RootMismatch
└─ BrokenInvariant    our bug; stops the service        carries the INV-… id

Every error says its code (stable, for programs), a message (for people), the values it happened with, and a
hint at what to do next. Nothing here prints: showing errors is the surface's job.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class CcipError(Exception):
    """Everything this package raises on purpose. Anything else that escapes is a bug."""

    default_code: ClassVar[str] = "CCIP_ERROR"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        context: Mapping[str, object] | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.context: Mapping[str, object] = MappingProxyType(dict(context or {}))
        self.hint = hint

    def __str__(self) -> str:
        values = ", ".join(f"{name}={_show(value)}" for name, value in self.context.items())
        return f"{self.message} ({values})" if values else self.message


def _show(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


# --- The caller's mistake ---


class BadInput(CcipError):
    """The call can never work as it was made."""

    default_code = "BAD_INPUT"


class ConfigError(BadInput):
    """A configuration file or argument is wrong. All its mistakes are reported together."""

    default_code = "CONFIG_ERROR"


class UnknownLane(BadInput):
    """No lane between these two chains is known here."""

    default_code = "UNKNOWN_LANE"


class CannotEncode(BadInput):
    """A value has no encoding, or some bytes are no encoding of a value, on this family of chains."""

    default_code = "CANNOT_ENCODE"


# --- Time will tell ---


class NotYet(CcipError):
    """Nothing is wrong; the fact asked for does not exist yet, or could not be read just now."""

    default_code = "NOT_YET"
    retryable = True


class NotFinal(NotYet):
    """The block may still be reorganised away."""

    default_code = "NOT_FINAL"


class NotBlessed(NotYet):
    """The root is committed, but the risk network has not blessed it at the current epoch."""

    default_code = "NOT_BLESSED"


class EndpointDown(NotYet):
    """No endpoint of a chain answered in time, or none answered sensibly."""

    default_code = "ENDPOINT_DOWN"


# --- The chain said no ---


class Refused(CcipError):
    """A transaction or call was understood and turned down."""

    default_code = "REFUSED"


class ContractRefused(Refused):
    """A contract reverted with a typed error; `values` holds the error's arguments by name."""

    default_code = "CONTRACT_REFUSED"

    def __init__(
        self,
        contract: str,
        error: str,
        values: Mapping[str, object] | None = None,
        *,
        code: str | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(f"{contract} refused: {error}", code=code, context=values, hint=hint)
        self.contract = contract
        self.error = error
        self.values = self.context


# --- Someone else broke the protocol ---


class Misbehaved(CcipError):
    """A peer, an endpoint or a quorum said what an honest one never says."""

    default_code = "MISBEHAVED"


class BadSignature(Misbehaved):
    """A signature is malformed, or not by whom it claims to be."""

    default_code = "BAD_SIGNATURE"


class RootMismatch(Misbehaved):
    """Leaves and proof do not lead to the root they are claimed for."""

    default_code = "ROOT_MISMATCH"


# --- Our own bug ---


class BrokenInvariant(CcipError):
    """Something that this package promises can never happen did happen. The service stops rather than guess."""

    default_code = "BROKEN_INVARIANT"

    def __init__(
        self, invariant: str, message: str, *, context: Mapping[str, object] | None = None, hint: str = ""
    ) -> None:
        super().__init__(f"{invariant}: {message}", context=context, hint=hint)
        self.invariant = invariant
