"""Properties of all network parts, which jit, vmap, grad and model files require."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray, PyTree

from xdvn.io import model_file as storage

__all__ = ["Contract", "agree", "check", "kinds", "require", "round_trip"]


Call = Callable[..., PyTree]


@dataclasses.dataclass(frozen=True)
class Contract:
    """Object under test, its call and its random arguments, whose properties ``check`` tests.

    Parameters
    ----------
    subject : object
        Equinox Module under test.
    call : callable
        ``call(subject, *arguments)`` returns a pytree of arrays.
    draw : callable
        ``draw(key)`` returns a tuple of random arguments, of the same shapes for every key.
    """

    subject: Any
    call: Call
    draw: Callable[[PRNGKeyArray], tuple[PyTree, ...]]

    @property
    def name(self) -> str:
        """Name of the class under test."""
        return type(self.subject).__name__


def require(condition: object, message: str) -> None:
    """Raise an AssertionError with the message if the condition is false, also under ``python -O``."""
    if not condition:
        raise AssertionError(message)


def agree(a: PyTree, b: PyTree, tolerance: float = 1e-4) -> bool:
    """Return True if two trees have equal structure, shapes and types, and values equal up to a tolerance."""
    if kinds(a) != kinds(b):
        return False
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        x, y = np.asarray(x), np.asarray(y)
        size = float(np.abs(y).max()) if y.size and np.issubdtype(y.dtype, np.number) else 0.0
        if x.dtype == bool or tolerance == 0:
            if not np.array_equal(x, y):
                return False
        elif not np.allclose(x, y, rtol=0, atol=tolerance * (size + 1e-2)):
            return False
    return True


def kinds(tree: PyTree) -> list[str]:
    """Return the path, type and shape of every leaf, which loops and batches require to be constant."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return [f"{jax.tree_util.keystr(path)} {leaf.dtype}{list(leaf.shape)}".strip() for path, leaf in leaves]


def check(contract: Contract, key: PRNGKeyArray) -> None:
    """Check the properties that all parts share."""
    arguments = contract.draw(key)
    value = _numbers(contract.call(contract.subject, *arguments))
    _finite(contract, value)
    _pure(contract, arguments, value)
    # After _jitted has shown that both are equal, the compiled call replaces the slower eager one.
    compiled = eqx.filter_jit(contract.call)
    _jitted(contract, compiled, arguments, value)
    _batched(contract, compiled, key)
    _differentiable(contract, arguments)
    _saved(contract, arguments, value)


def _numbers(tree: PyTree) -> PyTree:
    """Return the arrays of a tree without random keys, which are not compared."""
    return jax.tree.map(jnp.asarray, eqx.filter(tree, lambda x: eqx.is_array_like(x) and not _is_key(x)))


def _is_key(x: Any) -> bool:
    return isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key)


def _finite(contract: Contract, value: PyTree) -> None:
    for leaf in jax.tree.leaves(value):
        require(
            np.isfinite(np.asarray(leaf)).all(),
            f"{contract.name} returned NaN or infinity: expected finite values. Check for division by zero and "
            "for roots or logarithms of negative values.",
        )


def _pure(contract: Contract, arguments: tuple[PyTree, ...], value: PyTree) -> None:
    again = _numbers(contract.call(contract.subject, *arguments))
    require(
        agree(again, value, 0.0),
        f"{contract.name}: two calls with equal input differ: expected a pure function. Pass randomness as a key and "
        "memory as an argument, not as a global.",
    )


def _jitted(contract: Contract, compiled: Call, arguments: tuple[PyTree, ...], value: PyTree) -> None:
    try:
        result = _numbers(compiled(contract.subject, *arguments))
    except Exception as error:
        raise AssertionError(
            f"{contract.name} cannot be compiled by jax.jit ({type(error).__name__}): expected jnp functions. Replace "
            f"numpy by jnp, and an if on values by jnp.where or jax.lax.cond. {_first_line(error)}"
        ) from error
    require(
        agree(result, value),
        f"{contract.name} returns other values under jax.jit: expected equal ones. Replace numpy and globals, which "
        "compilation evaluates once, by jnp and arguments.",
    )


def _batched(contract: Contract, compiled: Call, key: PRNGKeyArray) -> None:
    samples = [contract.draw(k) for k in jax.random.split(key, 3)]
    loop = [_numbers(compiled(contract.subject, *arguments)) for arguments in samples]
    expected = jax.tree.map(lambda *leaves: jnp.stack(leaves), *loop)
    batch = jax.tree.map(lambda *leaves: jnp.stack(leaves) if eqx.is_array(leaves[0]) else leaves[0], *samples)
    try:
        batched = eqx.filter_vmap(lambda *arguments: contract.call(contract.subject, *arguments))
        result = _numbers(eqx.filter_jit(batched)(*batch))
    except Exception as error:
        raise AssertionError(
            f"{contract.name} cannot be batched by jax.vmap ({type(error).__name__}): expected jnp functions. Write it "
            f"for one sample '*space channel'. {_first_line(error)}"
        ) from error
    require(
        agree(result, expected),
        f"{contract.name} under jax.vmap differs from a loop over samples: expected independent samples. Use no batch "
        "statistics and no state outside the arguments.",
    )


def _differentiable(contract: Contract, arguments: tuple[PyTree, ...]) -> None:
    def total(inputs: PyTree) -> jax.Array:
        subject, rest = inputs
        leaves = jax.tree.leaves(eqx.filter(contract.call(subject, *rest), eqx.is_inexact_array))
        return sum((jnp.sum(jnp.sin(leaf)) for leaf in leaves), jnp.zeros(()))

    gradient = eqx.filter_jit(eqx.filter_grad(total))((contract.subject, arguments))
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradient):
        require(
            np.isfinite(np.asarray(leaf)).all(),
            f"{contract.name}: the gradient of {jax.tree_util.keystr(path)} is NaN or infinite: expected finite ones. "
            "In jnp.where, replace invalid input of the branch that is not selected too.",
        )


def round_trip(subject: Any) -> Any:
    """Write an object to a model file and read it again.

    Raises
    ------
    AssertionError
        If it cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subject.xdvn"
        try:
            storage.write(path, subject, {})
        except TypeError as error:
            raise AssertionError(f"{type(subject).__name__} cannot be saved: {error}") from error
        return storage.read(path, sorted(_classes(subject), key=lambda c: c.__qualname__))


def _saved(contract: Contract, arguments: tuple[PyTree, ...], value: PyTree) -> None:
    loaded = round_trip(contract.subject)
    require(
        agree(_numbers(contract.call(loaded, *arguments)), value, 0.0),
        f"{contract.name} returns other values after saving and loading: expected equal ones. Store data in fields.",
    )


def _classes(value: Any) -> set[type]:
    """Return the classes of an object and of all its fields, which the reader of custom classes needs."""
    if isinstance(value, tuple | list):
        return set().union(*map(_classes, value))
    if isinstance(value, dict):
        return set().union(*map(_classes, value.values()))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        inside = [_classes(getattr(value, field.name)) for field in dataclasses.fields(value)]
        return {type(value)}.union(*inside)
    return set()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
