"""What a killed run leaves behind is taken away by the next, and what others use is left alone."""

import signal
import subprocess
import sys
from pathlib import Path

from ccip_py.devnet.scratch import scratch_folder

HOLD = """
import sys
from pathlib import Path
from ccip_py.devnet.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "nodes").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


def holder(place: Path) -> tuple[subprocess.Popen[str], Path]:
    command = [sys.executable, "-c", HOLD, str(place)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)


def test_a_folder_is_gone_at_the_end(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        assert folder.parent == tmp_path

    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_killed_process_goes_at_the_next_start_and_that_of_a_living_one_stays(
    tmp_path: Path,
) -> None:
    killed, left = holder(tmp_path)
    alive, used = holder(tmp_path)
    killed.send_signal(signal.SIGKILL)
    end(killed)
    assert left.is_dir()

    with scratch_folder(tmp_path) as mine:
        assert sorted(tmp_path.iterdir()) == sorted([mine, used])

    end(alive)
    assert list(tmp_path.iterdir()) == []


def test_folders_that_are_not_ours_stay(tmp_path: Path) -> None:
    theirs = [tmp_path / "ccip-scratch-without-a-lock", tmp_path / "ccip-made-just-now"]
    for folder in theirs:
        folder.mkdir()

    with scratch_folder(tmp_path):
        pass

    assert sorted(tmp_path.iterdir()) == theirs[::-1]
