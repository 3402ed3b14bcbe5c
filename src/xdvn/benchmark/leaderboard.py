"""Methods on one challenge, side by side: made, run, scored, and set under the published rows.

``compete`` does all of it and returns a ``Leaderboard``, which prints itself. ``python -m xdvn.benchmark`` calls it.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from xdvn.benchmark.challenge import Challenge
from xdvn.benchmark.methods import AbstractMethod
from xdvn.pipeline import reconstruct

__all__ = ["Entry", "Leaderboard", "compete"]


@dataclass(frozen=True, eq=False)
class Entry:
    """One method on one challenge.

    Parameters
    ----------
    title : str
        The method.
    maps : xr.DataArray
        What it mapped [m].
    scores : xr.Dataset
        All its scores, as ``xdvn.metrics`` gives them.
    minutes : float
        Wall time of making and running it.
    """

    title: str
    maps: xr.DataArray
    scores: xr.Dataset
    minutes: float


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """The table of a challenge; print it.

    Parameters
    ----------
    challenge : Challenge
        What was taken up.
    entries : tuple of Entry
        Measured here.
    date : str
        When.
    """

    challenge: Challenge
    entries: tuple[Entry, ...]
    date: str

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a method: its scores, the minutes it took, and where the numbers come from."""
        titles = [title.partition(" [")[0] for title in self.challenge.evaluation.columns]
        rows = [
            {"method": row.method, **{t: row.scores.get(t, float("nan")) for t in titles}, "source": row.source}
            for row in self.challenge.published
        ]
        for entry in self.entries:
            scores = {t: float(entry.scores[t]) for t in titles}
            here = f"measured here, {self.date}"
            rows.append({"method": entry.title, **scores, "minutes": entry.minutes, "source": here})
        return pd.DataFrame(rows).set_index("method")

    def __str__(self) -> str:
        columns = self.challenge.evaluation.columns
        table = self.to_dataframe()
        width = max(26, 1 + max(len(str(method)) for method in table.index))
        lines = [
            self.challenge.name, f"Scored against {self.challenge.evaluation.about}.", "",
            f"{'method':<{width}}" + "".join(f"{title:>15}" for title in columns) + f"{'minutes':>9}  source",
        ]  # fmt: skip
        for method, row in table.iterrows():
            here = str(row["source"]).startswith("measured here")
            cells = ""
            for title, digits in columns.items():
                value = row[title.partition(" [")[0]]
                # Published rows keep the digits they were published with.
                cells += f"{'-' if pd.isna(value) else format(value, digits if here else 'g'):>15}"
            minutes = row.get("minutes", float("nan"))
            cells += f"{'-' if pd.isna(minutes) else format(minutes, '.1f'):>9}"
            lines.append(f"{method:<{width}}{cells}  {row['source']}")
        notes = [self.challenge.remark] if self.challenge.remark else []
        for entry in self.entries:
            notes += [f"{entry.title}: {note}" for note in _notes(entry.scores, columns)]
        return "\n".join([*lines, *([""] if notes else []), *notes])


def compete(
    challenge: Challenge, methods: Sequence[AbstractMethod], *, say: Callable[[str], None] = print
) -> Leaderboard:
    """Take up a challenge with each method in turn.

    Parameters
    ----------
    challenge : Challenge
        As from ``twin``, ``osse_2020a`` or ``ose_2021a``.
    methods : sequence of AbstractMethod
        Any makers of mappers.
    say : callable
        Told what is being done.

    Returns
    -------
    Leaderboard
        With the published rows; print it.

    Raises
    ------
    ValueError
        If there is no method.
    """
    if not methods:
        raise ValueError(
            "there is no method to take up the challenge; give one or more, such as [TunedInterpolation()]"
        )
    entries = []
    for method in methods:
        title = method.title(challenge.setting)
        say(f"{title} ...")
        began = time.monotonic()
        maps = reconstruct(challenge.setting.observed, method.make(challenge.setting))["ssh"]
        minutes = (time.monotonic() - began) / 60
        entries.append(Entry(title, maps, challenge.evaluation.score(maps), minutes))
        say(f"{title}: {_brief(entries[-1], challenge.evaluation.columns)}")
    return Leaderboard(challenge, tuple(entries), datetime.date.today().isoformat())


def _brief(entry: Entry, columns: dict[str, str]) -> str:
    names = {title: title.partition(" [")[0] for title in columns}
    values = (f"{title} {float(entry.scores[names[title]]):{digits}}" for title, digits in columns.items())
    return f"{', '.join(values)}, {entry.minutes:.1f} minutes"


def _notes(scores: xr.Dataset, columns: dict[str, str]) -> list[str]:
    """Why a score is missing, and how much of the maps had to be filled."""
    names = [title.partition(" [")[0] for title in columns]
    notes = [f"no {n}: {scores[n].attrs['reason']}" for n in names if "reason" in scores[n].attrs]
    filled = float(scores.attrs.get("filled", 0.0))
    return notes + ([f"{filled:.1%} of the scored cells were open in the maps and filled smoothly"] if filled else [])
