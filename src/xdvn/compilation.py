"""Compiled programs kept on disk, so that what was compiled once starts at once in the next process.

``fit``, ``reconstruct`` and the commands compile inside ``kept_programs()``. It steps back when the user has a
compilation cache of JAX's own (``JAX_COMPILATION_CACHE_DIR`` or ``jax_compilation_cache_dir``), and does nothing when
``XDVN_COMPILATION_CACHE=off``; any other value of that variable is the folder to use.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import jax
import platformdirs
from jax.experimental.compilation_cache import compilation_cache

__all__ = ["cache_folder", "kept_programs"]

_SETTINGS = {
    "jax_persistent_cache_min_compile_time_secs": 0.0,  # a training starts with dozens of small programs
    "jax_persistent_cache_min_entry_size_bytes": 0,
}


def cache_folder() -> Path | None:
    """Return where compiled programs are kept, or None where none are.

    ``XDVN_COMPILATION_CACHE`` if set, else ``compiled`` in ``XDVN_CACHE_DIR`` or in the user's cache.
    """
    chosen = os.environ.get("XDVN_COMPILATION_CACHE", "")
    if chosen.lower() == "off":
        return None
    return Path(chosen or Path(os.environ.get("XDVN_CACHE_DIR") or platformdirs.user_cache_dir("xdvn")) / "compiled")


@contextlib.contextmanager
def kept_programs() -> Iterator[None]:
    """Keep what is compiled inside, and use what was kept; JAX's settings are as before afterwards.

    Examples
    --------
    >>> with kept_programs():
    ...     total = jax.jit(lambda x: x + 1)(1)
    """
    folder = cache_folder()
    changed = {**_SETTINGS, "jax_compilation_cache_dir": str(folder)}
    before = {name: getattr(jax.config, name) for name in changed}
    if folder is None or before["jax_compilation_cache_dir"] or not _private(folder):
        yield
        return
    _set(changed)
    try:
        yield
    finally:
        _set(before)


def _set(settings: dict[str, object]) -> None:
    for name, value in settings.items():
        jax.config.update(name, value)
    # JAX looks for its cache once in a process, at the first compilation; this makes it look again.
    compilation_cache.reset_cache()


def _private(folder: Path) -> bool:
    """Make the folder; whoever can write to it could run code here, so it must be the user's own."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.stat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
