"""Compilation of JAX programs: options for CPUs, and a persistent cache on disk.

``inference_jit`` is for solves, ``training_jit`` for training, ``unoptimised_jit`` for programs that run once. On CPUs,
small matrix products are left to Eigen, which uses all cores, instead of YNNPACK, which uses one. XLA's fusion
emitters speed a training step up by 3 % but cost 4 s and 450 MB per compilation: solves use them, training does not
(docs/measurements.md). ``trace_inline`` shortens tracing.

``single_precision()`` computes in float32 where JAX's double precision is enabled. Fields are encoded in float32.

``persistent_compilation_cache()`` stores compiled programs, so that the next process starts fast. It does nothing if
JAX has a cache (``JAX_COMPILATION_CACHE_DIR``) or if ``XDVN_COMPILATION_CACHE=off``; any other value of that variable
is the folder to use.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import platformdirs
from jax.experimental.compilation_cache import compilation_cache

__all__ = [
    "Jit",
    "cache_folder",
    "computation",
    "in_training_jit",
    "inference_jit",
    "persistent_compilation_cache",
    "single_precision",
    "to_single",
    "trace_inline",
    "training_jit",
    "unoptimised_jit",
]


T = TypeVar("T")

_PRODUCTS = {"xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_REDUCE"}
_LEAN = {"xla_cpu_use_fusion_emitters": False}
_HASTY = {"xla_backend_optimization_level": 0, **_LEAN}

_lean: ContextVar[bool] = ContextVar("lean", default=False)


def in_training_jit() -> bool:
    """Return whether the current compilation is that of ``training_jit``.

    Examples
    --------
    >>> in_training_jit(), bool(training_jit(lambda x: x + in_training_jit())(jnp.zeros((), int)))
    (False, True)
    """
    return _lean.get()


class Jit:
    """``equinox.filter_jit`` of a function, with options for compiling it on CPUs.

    Parameters
    ----------
    function : callable
        What is compiled.
    options : mapping
        Options of XLA; those that this version of it does not know are left out, all of them on other platforms.
    """

    def __init__(self, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._options = options

    @functools.cached_property
    def jitted(self) -> Any:
        """The ``equinox.filter_jit`` that is called."""
        # Made when it is first called, not when it is defined: importing a module must not start a device.
        jit: Any = eqx.filter_jit
        options = {name: value for name, value in self._options.items() if _understood(name, value)}
        function = _uncollected()(self._function)
        return jit(function, compiler_options=options) if options else jit(function)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Compile if need be, and call; inside of another jitted function, be part of it."""
        if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves((args, named))):
            return self._function(*args, **named)
        outer = _lean.set(_LEAN.items() <= self._options.items())
        try:
            return self.jitted(*args, **named)
        finally:
            _lean.reset(outer)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python's collector of cycles away: while JAX traces, it would walk through all objects again and again."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def trace_inline() -> Iterator[None]:
    """Trace operations of ``jax.numpy`` as they are: each is a separate jitted function, which takes longer to trace.

    For arithmetic that is part of a larger jitted function, on each of many arrays; loops of ``jax.lax`` would be
    unrolled. It computes the same.

    Examples
    --------
    >>> @jax.jit
    ... def twice(x):
    ...     with trace_inline():
    ...         return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    with jax.disable_jit():
        yield


def inference_jit(function: Callable[..., Any]) -> Jit:
    """Return a function compiled to keep all cores busy.

    Examples
    --------
    >>> @inference_jit
    ... def twice(x):
    ...     return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    return Jit(function, _PRODUCTS)


def training_jit(function: Callable[..., Any]) -> Jit:
    """Return a function compiled to keep all cores busy, in half the time and half the memory.

    Examples
    --------
    >>> @training_jit
    ... def twice(x):
    ...     return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    return Jit(function, {**_PRODUCTS, **_LEAN})


def unoptimised_jit(function: Callable[..., Any]) -> Jit:
    """Return a function compiled without optimisation: for what is run once.

    Examples
    --------
    >>> @unoptimised_jit
    ... def twice(x):
    ...     return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    return Jit(function, _HASTY)


@functools.cache
def _understood(name: str, value: object) -> bool:
    """Return whether this compiler has an option: older ones do not, and newer ones may drop it."""
    if jax.default_backend() != "cpu":
        return False
    try:
        jax.jit(jnp.negative, compiler_options={name: value})(1.0)
    except Exception:  # what an unknown option raises differs between versions
        return False
    return True


_SINGLE = {"float64": "float32", "int64": "int32", "uint64": "uint32", "complex128": "complex64"}


@contextlib.contextmanager
def single_precision() -> Iterator[None]:
    """Compute inside in float32, also if ``jax_enable_x64`` is set; the setting is as before afterwards.

    The setting applies to one thread, so that each thread that computes enters the context.

    Examples
    --------
    >>> with single_precision():
    ...     print(jnp.zeros(2, float).dtype)
    float32
    """
    if jnp.result_type(float) == jnp.float32:
        yield
        return
    with _enable_x64(False):
        yield


def _enable_x64(value: bool) -> contextlib.AbstractContextManager[Any]:
    # The place of the context differs between versions of JAX.
    home: Any = jax if hasattr(jax, "enable_x64") else importlib.import_module("jax.experimental")
    return home.enable_x64(value)


def to_single(tree: T) -> T:
    """Return a network or a loss whose arrays of 64 bits have 32 bits; without any, ``tree`` itself.

    Examples
    --------
    >>> to_single({"weight": jnp.ones(2), "name": "w"})["weight"].dtype
    dtype('float32')
    """
    leaves = jax.tree.leaves(tree)
    if not any(eqx.is_array(leaf) and str(leaf.dtype) in _SINGLE for leaf in leaves):
        return tree

    def convert(leaf: Any) -> Any:
        if not eqx.is_array(leaf) or str(leaf.dtype) not in _SINGLE:
            return leaf
        return jnp.asarray(np.asarray(leaf, _SINGLE[str(leaf.dtype)]))

    return jax.tree.map(convert, tree)


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
def persistent_compilation_cache() -> Iterator[None]:
    """Keep what is compiled inside, and use what was kept; JAX's settings are as before afterwards.

    Examples
    --------
    >>> with persistent_compilation_cache():
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


@contextlib.contextmanager
def computation() -> Iterator[None]:
    """Compute inside in single precision, with programs from the persistent cache.

    One decorator, so that warnings of a decorated function point to its caller at a fixed depth of the stack.

    Examples
    --------
    >>> with computation():
    ...     print(jnp.zeros(2, float).dtype)
    float32
    """
    with persistent_compilation_cache(), single_precision():
        yield


def _set(settings: dict[str, object]) -> None:
    for name, value in settings.items():
        jax.config.update(name, value)
    # JAX looks for its cache once in a process, at the first compilation; this makes it look again.
    compilation_cache.reset_cache()


def _private(folder: Path) -> bool:
    """Make the folder; a user who can write to it could run code here, so it must be the user's own."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.stat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
