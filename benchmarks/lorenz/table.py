"""The table of an experiment: results measured here next to the published ones, with their sources."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from benchmarks.lorenz.errors import Errors
from benchmarks.lorenz.protocol import Experiment
from benchmarks.lorenz.windows import Windows

__all__ = ["Comparison", "Row"]

_COLUMNS = {"everywhere": "All", "observed": "R", "unobserved": "I", "interior": "interior", "median": "median"}


@dataclass(frozen=True)
class Row:
    """Result of one method.

    Parameters
    ----------
    method : str
        Name of the method.
    errors : Errors
        Scores of the method.
    n_windows : int
        Number of test windows.
    minutes : float
        Wall time, including training.
    """

    method: str
    errors: Errors
    n_windows: int
    minutes: float


@dataclass
class Comparison:
    """Table of an experiment; ``print`` shows it.

    Parameters
    ----------
    experiment : Experiment
        Data and published results.
    rows : list of Row
        Results measured here.
    date : str
        Date of the run.
    """

    experiment: Experiment
    rows: list[Row] = field(default_factory=list)
    date: str = field(default_factory=lambda: datetime.date.today().isoformat())

    def measure(self, method: str, windows: Windows, states: Callable[[], np.ndarray]) -> np.ndarray:
        """Run a method on windows, add its row, and return its states.

        Parameters
        ----------
        method : str
            Name of the method.
        windows : Windows
            Windows with the truth.
        states : callable
            Function that runs the method and returns its states.
        """
        began = time.monotonic()
        x = states()
        self.rows.append(Row(method, Errors.of(x, windows), len(windows), (time.monotonic() - began) / 60))
        return x

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row per method: mean squared errors, windows, minutes and source."""
        rows = [
            {"method": row.method, **{title: row.scores.get(name) for name, title in _COLUMNS.items()},
             "source": f"published: {row.source}"}
            for row in self.experiment.published
        ]  # fmt: skip
        for row in self.rows:
            errors = dataclasses.asdict(row.errors)
            rows.append(
                {"method": row.method, **{title: errors[name] for name, title in _COLUMNS.items()},
                 "windows": row.n_windows, "minutes": row.minutes, "source": f"measured here, {self.date}"}
            )  # fmt: skip
        columns = ["method", *_COLUMNS.values(), "windows", "minutes", "source"]
        return pd.DataFrame(rows, columns=columns).set_index("method").astype(dict.fromkeys(_COLUMNS.values(), float))

    def __str__(self) -> str:
        table = self.to_dataframe()
        width = 2 + max(len(method) for method in table.index)
        formats = {**dict.fromkeys(_COLUMNS.values(), ".3f"), "windows": ".0f", "minutes": ".1f"}
        lines = [
            self.experiment.name,
            "Mean squared errors: all values (All), observed (R) and unobserved values (I), all without the first and",
            "last 20 times (interior), and the median of All over windows.",
            "",
            f"{'method':<{width}}" + "".join(f"{title:>10}" for title in formats) + "  source",
        ]
        for method, row in table.iterrows():
            cells = "".join(f"{'-' if pd.isna(row[t]) else format(row[t], d):>10}" for t, d in formats.items())
            lines.append(f"{method:<{width}}{cells}  {row['source']}")
        return "\n".join(lines)
