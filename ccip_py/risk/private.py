"""Files that their owner alone may read: what others can read is no secret."""

from pathlib import Path

from ccip_py.risk.config import ConfigError


def private_text(path: Path) -> str:
    """What stands in it. ConfigError says what is wrong, and never what stands there."""
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"{path} can be read by others: chmod 600 {path}")
        return path.read_text()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} holds no text") from None
