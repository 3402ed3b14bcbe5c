"""Split of a time series into training, validation and evaluation days."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Split"]


@dataclass(frozen=True)
class Split:
    """Slices of day indices, as in ``ds.isel(time=split.train)``.

    The defaults are those of the SSH mapping data challenge 2020a: of 365 days, the first nine weeks are observed for
    the evaluation, with three weeks of spin-up. The following month is unused, because the ocean is correlated over
    weeks. The other days are for training and validation.

    Parameters
    ----------
    observations : slice
        Days with observations for mapping the evaluation days. Default: 0 to 62.
    evaluation : slice
        Scored days, a subset of ``observations``. Default: 21 to 62.
    gap : slice
        Unused days. Default: 63 to 93.
    train : slice
        Training days. Default: 94 to 324.
    validation : slice
        Days for early stopping and tuning. Default: 325 to 364.

    Raises
    ------
    ValueError
        If a slice is empty or has a step, the evaluation is not a subset of the observed days, other slices overlap, or
        training or validation days are adjacent to the observed days.

    References
    ----------
    https://github.com/ocean-data-challenges/2020a_SSH_mapping_NATL60 (doi:10.24400/527896/a01-2020.002).

    Examples
    --------
    >>> Split().evaluation
    slice(21, 63, None)
    >>> Split(slice(0, 10), slice(4, 10), slice(10, 16), slice(16, 40), slice(40, 50)).days
    50
    """

    observations: slice = field(default_factory=lambda: slice(0, 63))
    evaluation: slice = field(default_factory=lambda: slice(21, 63))
    gap: slice = field(default_factory=lambda: slice(63, 94))
    train: slice = field(default_factory=lambda: slice(94, 325))
    validation: slice = field(default_factory=lambda: slice(325, 365))

    def __post_init__(self) -> None:
        for name, days in vars(self).items():
            if None in (days.start, days.stop) or days.step is not None or not 0 <= days.start < days.stop:
                raise ValueError(
                    f"{name}={days}: expected slice(first, last + 1) with 0 <= first <= last. Correct the days."
                )
        if not set(_days(self.evaluation)) <= set(_days(self.observations)):
            raise ValueError(
                f"evaluation={self.evaluation}: expected a subset of observations={self.observations}. Change one of "
                "them."
            )
        disjoint = {name: set(_days(days)) for name, days in vars(self).items() if name != "evaluation"}
        names = list(disjoint)
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                if shared := disjoint[one] & disjoint[other]:
                    raise ValueError(
                        f"{one} and {other} share days {min(shared)} to {max(shared)}: expected disjoint days. Move "
                        "one."
                    )
        for name in ("train", "validation"):
            days = getattr(self, name)
            if days.start == self.observations.stop or days.stop == self.observations.start:
                raise ValueError(
                    f"{name}={days} is adjacent to observations={self.observations}: expected a gap, because the "
                    "ocean is correlated over weeks. Move one of them."
                )

    @property
    def days(self) -> int:
        """Required length of a Dataset along time."""
        return max(days.stop for days in vars(self).values())


def _days(days: slice) -> range:
    return range(days.start, days.stop)
