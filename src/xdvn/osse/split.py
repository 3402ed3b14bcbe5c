"""Split of a record into training, validation and evaluation days.

The defaults mirror the SSH mapping data challenge 2020a. Of a year of days, the first nine weeks are observed for the
evaluation, with three weeks of spin-up; a month is never used, because the sea still remembers the evaluation; the rest
trains and validates. The pipeline keeps its own margin between training and validation windows. Tutorials use this.
https://github.com/ocean-data-challenges/2020a_SSH_mapping_NATL60 (doi:10.24400/527896/a01-2020.002).
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Split"]


@dataclass(frozen=True)
class Split:
    """Slices of day numbers, for ``ds.isel(time=split.train)`` and the like.

    Parameters
    ----------
    observations : slice
        Days whose observations may be used to map the evaluation days (0 to 62).
    evaluation : slice
        Days that are scored (21 to 62), inside ``observations``.
    gap : slice
        Days never used for anything (63 to 93).
    train : slice
        Days to learn from (94 to 324).
    validation : slice
        Days to choose by: early stopping, tuned scales (325 to 364).

    Raises
    ------
    ValueError
        If a slice is empty or has a step, if the evaluation leaves the observed days, if any two of the others
        overlap, or if training or validation days touch the observed days with no gap between them.

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
                raise ValueError(f"{name} = {days}: expected slice(first, last + 1) with 0 <= first <= last")
        if not set(_days(self.evaluation)) <= set(_days(self.observations)):
            raise ValueError(
                f"evaluation = {self.evaluation} reaches beyond observations = {self.observations}; every scored day "
                "must be observed"
            )
        disjoint = {name: set(_days(days)) for name, days in vars(self).items() if name != "evaluation"}
        names = list(disjoint)
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                if shared := disjoint[one] & disjoint[other]:
                    raise ValueError(f"{one} and {other} share days {min(shared)} to {max(shared)}; move one of them")
        for name in ("train", "validation"):
            days = getattr(self, name)
            if days.start == self.observations.stop or days.stop == self.observations.start:
                raise ValueError(
                    f"{name} = {days} follows observations = {self.observations} without a day between; the sea "
                    "remembers for weeks, so put the gap there"
                )

    @property
    def days(self) -> int:
        """Length a Dataset needs along time."""
        return max(days.stop for days in vars(self).values())


def _days(days: slice) -> range:
    return range(days.start, days.stop)
