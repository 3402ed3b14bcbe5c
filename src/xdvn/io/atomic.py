"""Atomic writes: a file is written next to its destination, flushed to the disk, then renamed in one step.

A process killed while it writes leaves the old file unchanged. If the disk is full, an error is raised and no partial
file remains.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

__all__ = ["atomic_write"]

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a stream whose bytes become the file ``path`` when the block ends without an error.

    Raises
    ------
    OSError
        The disk is full. An old file at ``path`` is unchanged.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "numbers"
    >>> with atomic_write(target) as stream:
    ...     _ = stream.write(b"12")
    ...     target.exists()
    False
    >>> target.read_bytes()
    b'12'
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise OSError(
                error.errno,
                f"no room to write {os.fspath(path)!r} ({error.strerror}); free some, or give another place. What was "
                "there before is unchanged",
            ) from error
        raise
