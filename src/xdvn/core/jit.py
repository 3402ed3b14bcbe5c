"""How programs are compiled for CPUs: for every core, and no longer than they are worth.

What each option is worth is in docs/performance.md:

- Small products of matrices are left to Eigen, which divides them among cores; what XLA takes by default, YNNPACK,
  keeps each to one, and is no faster there.
- The emitters of fused loops make element-wise work a little faster, a training step of 4DVarNet by 3 %, for 4 s and
  some 450 MB more of compilation, which stay with the process. Solves are compiled with them, training without.
- What is run once needs no optimisation.

``every_core_jit`` is for solves, ``lean_jit`` for training, ``hasty_jit`` for what runs once. Tracing takes time too,
also where all programs are on disk: ``inlined`` shortens it.
"""

from __future__ import annotations

import contextlib
import functools
import gc
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

__all__ = ["Jit", "compiling_lean", "every_core_jit", "hasty_jit", "inlined", "lean_jit"]

_PRODUCTS = {"xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_REDUCE"}
_LEAN = {"xla_cpu_use_fusion_emitters": False}
_HASTY = {"xla_backend_optimization_level": 0, **_LEAN}

_lean: ContextVar[bool] = ContextVar("lean", default=False)


def compiling_lean() -> bool:
    """Whether what is compiled now is compiled as ``lean_jit`` does: code costs less there.

    Examples
    --------
    >>> compiling_lean(), bool(lean_jit(lambda x: x + compiling_lean())(jnp.zeros((), int)))
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
def inlined() -> Iterator[None]:
    """Trace operations of ``jax.numpy`` as they are: each is a jitted function of its own, which takes longer to trace.

    For arithmetic that is part of a larger jitted function, on each of many arrays; loops of ``jax.lax`` would be
    unrolled. It computes the same.

    Examples
    --------
    >>> @jax.jit
    ... def twice(x):
    ...     with inlined():
    ...         return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    with jax.disable_jit():
        yield


def every_core_jit(function: Callable[..., Any]) -> Jit:
    """Return a function compiled to keep all cores busy.

    Examples
    --------
    >>> @every_core_jit
    ... def twice(x):
    ...     return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    return Jit(function, _PRODUCTS)


def lean_jit(function: Callable[..., Any]) -> Jit:
    """Return a function compiled to keep all cores busy, in half the time and half the memory.

    Examples
    --------
    >>> @lean_jit
    ... def twice(x):
    ...     return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    return Jit(function, {**_PRODUCTS, **_LEAN})


def hasty_jit(function: Callable[..., Any]) -> Jit:
    """Return a function compiled without optimisation: for what is run once.

    Examples
    --------
    >>> @hasty_jit
    ... def twice(x):
    ...     return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    return Jit(function, _HASTY)


@functools.cache
def _understood(name: str, value: object) -> bool:
    """Whether this compiler knows an option: older ones do not, and newer ones may drop it."""
    if jax.default_backend() != "cpu":
        return False
    try:
        jax.jit(jnp.negative, compiler_options={name: value})(1.0)
    except Exception:  # what an unknown option raises differs between versions
        return False
    return True
