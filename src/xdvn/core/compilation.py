"""Compilation of JAX programs: options for CPUs, and a persistent cache on disk."""

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


class Jit:
    """``equinox.filter_jit`` of a function, with options for compiling it on CPUs.

    Parameters
    ----------
    function : callable
        Function to compile.
    options : mapping
        Options of XLA. Options that the installed version does not support are ignored, as are all on other platforms.
    """

    def __init__(self, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._options = options

    @functools.cached_property
    def jitted(self) -> Any:
        """The ``equinox.filter_jit`` that is called."""
        # Built at the first call, because the import of a module must not start a device.
        jit: Any = eqx.filter_jit
        options = {name: value for name, value in self._options.items() if _is_supported(name, value)}
        function = _no_garbage_collection()(self._function)
        return jit(function, compiler_options=options) if options else jit(function)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Compile at the first call, and run; inside another jitted function, call the Python function."""
        if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves((args, named))):
            return self._function(*args, **named)
        token = _without_emitters.set(_NO_EMITTERS.items() <= self._options.items())
        try:
            return self.jitted(*args, **named)
        finally:
            _without_emitters.reset(token)


@functools.cache
def _is_supported(name: str, value: object) -> bool:
    """Return whether this compiler has an option, which depends on its version."""
    if jax.default_backend() != "cpu":
        return False
    try:
        jax.jit(jnp.negative, compiler_options={name: value})(1.0)
    except Exception:  # the type of the exception depends on the version
        return False
    return True


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Disable the garbage collector, which would visit all objects repeatedly while JAX traces."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# XLA's fusion emitters make a training step 3 % faster but cost 4 s and 450 MB per compilation: solves use them,
# training does not (docs/measurements.md).
_NO_EMITTERS = {"xla_cpu_use_fusion_emitters": False}
# True while a program without fusion emitters is compiled.
_without_emitters: ContextVar[bool] = ContextVar("without_emitters", default=False)


def in_training_jit() -> bool:
    """Return whether the current compilation is that of ``training_jit`` or ``unoptimised_jit``.

    Examples
    --------
    >>> in_training_jit(), bool(training_jit(lambda x: x + in_training_jit())(jnp.zeros((), int)))
    (False, True)
    """
    return _without_emitters.get()


def inference_jit(function: Callable[..., Any]) -> Jit:
    """Return a function compiled for fast runs on all cores, for solves.

    Examples
    --------
    >>> @inference_jit
    ... def twice(x):
    ...     return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    return Jit(function, _EIGEN_PRODUCTS)


def training_jit(function: Callable[..., Any]) -> Jit:
    """Return a function compiled for all cores in half the time and memory of ``inference_jit``, for training.

    Examples
    --------
    >>> @training_jit
    ... def twice(x):
    ...     return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    return Jit(function, {**_EIGEN_PRODUCTS, **_NO_EMITTERS})


# Eigen computes small matrix products on all cores, YNNPACK on one.
_EIGEN_PRODUCTS = {"xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_REDUCE"}


def unoptimised_jit(function: Callable[..., Any]) -> Jit:
    """Return a function compiled without optimisation, for programs that run once.

    Examples
    --------
    >>> @unoptimised_jit
    ... def twice(x):
    ...     return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    return Jit(function, {"xla_backend_optimization_level": 0, **_NO_EMITTERS})


@contextlib.contextmanager
def trace_inline() -> Iterator[None]:
    """Trace operations of ``jax.numpy`` without a separate jitted function for each, which is faster.

    The values are the same. Use it for arithmetic on many arrays inside a larger jitted function, but not around loops
    of ``jax.lax``, which it would unroll.

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


def cache_folder() -> Path | None:
    """Return the folder of compiled programs, or None if ``XDVN_COMPILATION_CACHE`` is ``off``.

    The folder is ``XDVN_COMPILATION_CACHE`` if set, else ``compiled`` in ``XDVN_CACHE_DIR`` or in the user's cache.
    """
    chosen = os.environ.get("XDVN_COMPILATION_CACHE", "")
    if chosen.lower() == "off":
        return None
    return Path(chosen or Path(os.environ.get("XDVN_CACHE_DIR") or platformdirs.user_cache_dir("xdvn")) / "compiled")


@contextlib.contextmanager
def persistent_compilation_cache() -> Iterator[None]:
    """Store the programs compiled inside the context in ``cache_folder()``, and load those stored earlier.

    It has no effect if that folder is None or writable for other users, or if JAX has a cache already
    (``JAX_COMPILATION_CACHE_DIR``). Afterwards the settings of JAX are those from before.

    Examples
    --------
    >>> with persistent_compilation_cache():
    ...     total = jax.jit(lambda x: x + 1)(1)
    """
    folder = cache_folder()
    settings = {**_CACHE_SETTINGS, "jax_compilation_cache_dir": str(folder)}
    previous = {name: getattr(jax.config, name) for name in settings}
    if folder is None or previous["jax_compilation_cache_dir"] or not _make_private(folder):
        yield
        return
    _configure(settings)
    try:
        yield
    finally:
        _configure(previous)


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


_CACHE_SETTINGS = {
    "jax_persistent_cache_min_compile_time_secs": 0.0,  # training starts with dozens of small programs
    "jax_persistent_cache_min_entry_size_bytes": 0,
}


def _configure(settings: dict[str, object]) -> None:
    """Change settings of JAX."""
    for name, value in settings.items():
        jax.config.update(name, value)
    # JAX reads the settings of its cache only at the first compilation of a process, or after a reset.
    compilation_cache.reset_cache()


def _make_private(folder: Path) -> bool:
    """Make the folder, and return whether only this user can write to it; other writers could run code here."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
