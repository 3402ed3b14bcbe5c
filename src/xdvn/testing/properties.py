"""What every part of a network promises, whatever it computes: the properties that jit, vmap, grad and files rely on.

A ``Contract`` is an object, how it is called, and how arguments for it are drawn; ``check`` tests each property and
raises an AssertionError that teaches. The checks of single classes build on it.
"""

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

from xdvn import storage

__all__ = ["Contract", "agree", "check", "kinds", "require", "saved_and_read"]


Call = Callable[..., PyTree]


@dataclasses.dataclass(frozen=True)
class Contract:
    """An object under test.

    Parameters
    ----------
    subject : object
        What is tested: an equinox Module.
    call : callable
        ``call(subject, *arguments)`` returns a pytree of arrays.
    draw : callable
        ``draw(key)`` returns a tuple of arguments, of the same shapes for every key.
    """

    subject: Any
    call: Call
    draw: Callable[[PRNGKeyArray], tuple[PyTree, ...]]

    @property
    def name(self) -> str:
        """Class under test."""
        return type(self.subject).__name__


def require(condition: object, message: str) -> None:
    """Raise an AssertionError with the message unless the condition holds (also under ``python -O``)."""
    if not condition:
        raise AssertionError(message)


def agree(a: PyTree, b: PyTree, tolerance: float = 1e-4) -> bool:
    """Whether two trees are alike: same structure, shapes, types, and values up to rounding of single precision."""
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
    """Return the place, type and shape of every leaf, which a loop over steps and a batch need to stay the same."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return [f"{jax.tree_util.keystr(path)} {leaf.dtype}{list(leaf.shape)}".strip() for path, leaf in leaves]


def check(contract: Contract, key: PRNGKeyArray) -> None:
    """Check every property that all parts share."""
    arguments = contract.draw(key)
    value = _numbers(contract.call(contract.subject, *arguments))
    _finite(contract, value)
    _pure(contract, arguments, value)
    # From here on the compiled call stands for the eager one, which it has been shown to equal: it is much faster.
    compiled = eqx.filter_jit(contract.call)
    _jitted(contract, compiled, arguments, value)
    _batched(contract, compiled, key)
    _differentiable(contract, arguments)
    _saved(contract, arguments, value)


def _numbers(tree: PyTree) -> PyTree:
    """Random keys are carried along, not compared."""
    return jax.tree.map(jnp.asarray, eqx.filter(tree, lambda x: eqx.is_array_like(x) and not _is_key(x)))


def _is_key(x: Any) -> bool:
    return isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key)


def _finite(contract: Contract, value: PyTree) -> None:
    for leaf in jax.tree.leaves(value):
        require(
            np.isfinite(np.asarray(leaf)).all(),
            f"{contract.name} returned NaN or infinity for finite input; look for divisions by zero and square roots "
            "or logarithms of what may be negative",
        )


def _pure(contract: Contract, arguments: tuple[PyTree, ...], value: PyTree) -> None:
    again = _numbers(contract.call(contract.subject, *arguments))
    require(
        agree(again, value, 0.0),
        f"{contract.name} is not pure: two calls with equal input differ. Randomness comes as a key, memory as an "
        "argument and a result; nothing is kept in globals",
    )


def _jitted(contract: Contract, compiled: Call, arguments: tuple[PyTree, ...], value: PyTree) -> None:
    try:
        found = _numbers(compiled(contract.subject, *arguments))
    except Exception as error:
        raise AssertionError(
            f"{contract.name} cannot be compiled by jax.jit ({type(error).__name__}): use jnp instead of numpy, and "
            f"jnp.where or jax.lax.cond instead of an if on values. {_first_line(error)}"
        ) from error
    require(
        agree(found, value),
        f"{contract.name} gives another result under jax.jit: what is computed in Python at the first call (numpy, "
        "globals) is frozen by compilation",
    )


def _batched(contract: Contract, compiled: Call, key: PRNGKeyArray) -> None:
    each = [contract.draw(k) for k in jax.random.split(key, 3)]
    loop = [_numbers(compiled(contract.subject, *arguments)) for arguments in each]
    expected = jax.tree.map(lambda *leaves: jnp.stack(leaves), *loop)
    batch = jax.tree.map(lambda *leaves: jnp.stack(leaves) if eqx.is_array(leaves[0]) else leaves[0], *each)
    try:
        batched = eqx.filter_vmap(lambda *arguments: contract.call(contract.subject, *arguments))
        found = _numbers(eqx.filter_jit(batched)(*batch))
    except Exception as error:
        raise AssertionError(
            f"{contract.name} cannot be batched by jax.vmap ({type(error).__name__}): write it for one sample "
            f"'*space channel', with jnp throughout. {_first_line(error)}"
        ) from error
    require(
        agree(found, expected),
        f"{contract.name} under jax.vmap differs from a loop over samples: a sample must not depend on its neighbours "
        "in a batch, nor on state outside the arguments",
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
            f"{contract.name} has a gradient with NaN or infinity with respect to {jax.tree_util.keystr(path)}; "
            "jnp.where passes NaN backward from the branch not taken: make that branch's input harmless first",
        )


def saved_and_read(subject: Any) -> Any:
    """Return what a model file makes of an object.

    Raises
    ------
    AssertionError
        When it cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subject.xdvn"
        try:
            storage.write(path, subject, {})
        except TypeError as error:
            raise AssertionError(f"{type(subject).__name__} cannot be saved: {error}") from error
        return storage.read(path, sorted(_classes(subject), key=lambda c: c.__qualname__))


def _saved(contract: Contract, arguments: tuple[PyTree, ...], value: PyTree) -> None:
    back = saved_and_read(contract.subject)
    require(
        agree(_numbers(contract.call(back, *arguments)), value, 0.0),
        f"{contract.name} gives another result after saving and loading: everything it needs must be in its fields",
    )


def _classes(value: Any) -> set[type]:
    """Classes of an object and of all it holds, so that a user's own can be read back."""
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
