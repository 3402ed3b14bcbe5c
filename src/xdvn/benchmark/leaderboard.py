"""The leaderboard of a challenge: the scores of methods next to the published results."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from xdvn.api import reconstruct
from xdvn.benchmark.challenge import Challenge
from xdvn.benchmark.methods import AbstractMethod

__all__ = ["Entry", "Leaderboard", "run_challenge"]


@dataclass(frozen=True, eq=False)
class Entry:
    """Result of one method on one challenge.

    Parameters
    ----------
    title : str
        Name of the method.
    maps : xr.DataArray
        Maps [m].
    scores : xr.Dataset
        All scores of ``xdvn.metrics``.
    minutes : float
        Wall time of training, tuning and mapping.
    """

    title: str
    maps: xr.DataArray
    scores: xr.Dataset
    minutes: float


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """Table of a challenge; ``print`` shows it.

    Parameters
    ----------
    challenge : Challenge
        Challenge with its published results.
    entries : tuple of Entry
        Results of the methods.
    date : str
        Date of the run.
    """

    challenge: Challenge
    entries: tuple[Entry, ...]
    date: str

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row per method: scores, minutes and source."""
        titles = [title.partition(" [")[0] for title in self.challenge.evaluation.columns]
        rows = [
            {"method": row.method, **{t: row.scores.get(t, float("nan")) for t in titles}, "source": row.source}
            for row in self.challenge.published
        ]
        for entry in self.entries:
            scores = {t: float(entry.scores[t]) for t in titles}
            source = f"measured here, {self.date}"
            rows.append({"method": entry.title, **scores, "minutes": entry.minutes, "source": source})
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
            measured = str(row["source"]).startswith("measured here")
            cells = ""
            for title, digits in columns.items():
                value = row[title.partition(" [")[0]]
                # Published scores have their published digits.
                cells += f"{'-' if pd.isna(value) else format(value, digits if measured else 'g'):>15}"
            minutes = row.get("minutes", float("nan"))
            cells += f"{'-' if pd.isna(minutes) else format(minutes, '.1f'):>9}"
            lines.append(f"{method:<{width}}{cells}  {row['source']}")
        notes = [self.challenge.remark] if self.challenge.remark else []
        for entry in self.entries:
            notes += [f"{entry.title}: {note}" for note in _notes(entry.scores, columns)]
        return "\n".join([*lines, *([""] if notes else []), *notes])


def run_challenge(
    challenge: Challenge, methods: Sequence[AbstractMethod], *, log: Callable[[str], None] = print
) -> Leaderboard:
    """Run methods on a challenge and score them.

    Parameters
    ----------
    challenge : Challenge
        Result of ``twin``, ``osse_2020a`` or ``ose_2021a``.
    methods : sequence of AbstractMethod
        Methods to run.
    log : callable
        Function that prints progress messages.

    Returns
    -------
    Leaderboard
        Results and published results; ``print`` shows the table.

    Raises
    ------
    ValueError
        There is no method.
    """
    if not methods:
        raise ValueError("methods=[]: expected at least one method. Pass e.g. [TunedInterpolation()].")
    entries = []
    for method in methods:
        title = method.title(challenge.inputs)
        log(f"{title} ...")
        began = time.monotonic()
        maps = reconstruct(challenge.inputs.observed, method.make(challenge.inputs))["ssh"]
        minutes = (time.monotonic() - began) / 60
        entries.append(Entry(title, maps, challenge.evaluation.score(maps), minutes))
        log(f"{title}: {_brief(entries[-1], challenge.evaluation.columns)}")
    return Leaderboard(challenge, tuple(entries), datetime.date.today().isoformat())


def _brief(entry: Entry, columns: dict[str, str]) -> str:
    names = {title: title.partition(" [")[0] for title in columns}
    values = (f"{title} {float(entry.scores[names[title]]):{digits}}" for title, digits in columns.items())
    return f"{', '.join(values)}, {entry.minutes:.1f} minutes"


def _notes(scores: xr.Dataset, columns: dict[str, str]) -> list[str]:
    """Return the reasons of missing scores and the filled fraction of the maps."""
    names = [title.partition(" [")[0] for title in columns]
    notes = [f"no {n}: {scores[n].attrs['reason']}" for n in names if "reason" in scores[n].attrs]
    filled = float(scores.attrs.get("filled", 0.0))
    return notes + ([f"{filled:.1%} of the scored cells had no value in the maps and were filled"] if filled else [])
