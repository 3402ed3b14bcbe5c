"""Whole or not at all, also on a full disk."""

import subprocess
import sys

import pytest

from xdvn.io.atomic import atomic_write


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), atomic_write(path) as stream:
        stream.write("no bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path):
    """A real limit of the system on the size of a file stands for the end of the disk."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    script = (
        "import resource, sys; from xdvn.io.atomic import atomic_write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "with atomic_write(sys.argv[1]) as stream: stream.write(bytes(100_000))"
    )
    run = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False)
    assert "no room to write" in run.stderr
    assert "What was there before is unchanged" in run.stderr
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_other_failures_of_the_system_keep_their_own_words(tmp_path):
    with pytest.raises(FileNotFoundError, match="No such file"), atomic_write(tmp_path / "no" / "a"):
        pass
