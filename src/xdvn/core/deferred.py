"""Fields of a dataclass that are computed when they are read: what nobody reads is never traced.

A compiler drops what is not used, but only after JAX has traced and differentiated it. A solution tells more of itself
than most losses ask, and tracing that took a tenth of the time to the first update of a training. Called by
``fourdvarnet``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

__all__ = ["Deferred", "DeferredField"]

T = TypeVar("T")


@dataclass(frozen=True)
class Deferred(Generic[T]):
    """What a ``DeferredField`` is given instead of a value.

    Parameters
    ----------
    compute : callable
        Returns the value, every time the field is read: a value kept from inside of a traced function would be of no
        use outside.
    """

    compute: Callable[[], T]


class DeferredField(Generic[T]):
    """A field that is given a value or a ``Deferred`` one, and read as the value.

    Examples
    --------
    >>> @dataclass
    ... class Answer:
    ...     number: DeferredField[int] = DeferredField()
    >>> Answer(6).number
    6
    >>> answer = Answer(Deferred(lambda: print("computed") or 7))
    >>> answer.number
    computed
    7
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> T:
        if instance is None:  # a dataclass asks its class for a default
            raise AttributeError(self._name)
        value = instance.__dict__[self._name]
        known: T = value.compute() if isinstance(value, Deferred) else value
        return known

    def __set__(self, instance: Any, value: T | Deferred[T]) -> None:
        instance.__dict__[self._name] = value
