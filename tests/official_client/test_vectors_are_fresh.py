"""A new version of the client, or a changed generator, shows here first."""

import pytest

from . import package, vectors

AGAIN = "stale: run `.venv/bin/python -m tests.official_client.vectors` and look at what changed"


@pytest.mark.slow
def test_the_client_still_writes_the_same_vectors():
    written = vectors.generate()

    assert f'"@chainlink/ccip-sdk {package.version()}"' in written
    assert written == vectors.FILE.read_text(), AGAIN
