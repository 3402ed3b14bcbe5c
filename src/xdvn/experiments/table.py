"""Methods on one experiment, side by side with the published rows; a row says where its numbers come from."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xdvn.experiments.errors import Errors
from xdvn.experiments.protocol import Experiment
from xdvn.experiments.windows import Windows

__all__ = ["Comparison", "Row"]

_COLUMNS = {"everywhere": "All", "observed": "R", "unobserved": "I", "interior": "interior", "median": "median"}


@dataclass(frozen=True)
class Row:
    """One method, measured here.

    Parameters
    ----------
    method : str
        What it is.
    errors : Errors
        Its scores.
    n_windows : int
        Test windows it was scored on.
    minutes : float
        Wall time, training included.
    """

    method: str
    errors: Errors
    n_windows: int
    minutes: float


@dataclass
class Comparison:
    """The table of an experiment; print it.

    Parameters
    ----------
    experiment : Experiment
        The data and the published rows.
    rows : list of Row
        Measured here.
    date : str
        When.
    """

    experiment: Experiment
    rows: list[Row] = field(default_factory=list)
    date: str = field(default_factory=lambda: datetime.date.today().isoformat())

    def measure(self, method: str, windows: Windows, states: Callable[[], np.ndarray]) -> np.ndarray:
        """Run a method on windows, add its row, and return its states.

        Parameters
        ----------
        method : str
            What to call it.
        windows : Windows
            What it is scored on.
        states : callable
            Runs it.
        """
        began = time.monotonic()
        x = states()
        self.rows.append(Row(method, Errors.of(x, windows), len(windows), (time.monotonic() - began) / 60))
        return x

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a method: mean squared errors, windows, minutes, and where the numbers come from."""
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
        shown = {**dict.fromkeys(_COLUMNS.values(), ".3f"), "windows": ".0f", "minutes": ".1f"}
        lines = [
            self.experiment.name,
            "Mean squared errors: everywhere, at observed (R) and at unobserved values (I), without the first and last",
            "20 times (interior); and the median over windows of the first.",
            "",
            f"{'method':<{width}}" + "".join(f"{title:>10}" for title in shown) + "  source",
        ]
        for method, row in table.iterrows():
            cells = "".join(f"{'-' if pd.isna(row[t]) else format(row[t], d):>10}" for t, d in shown.items())
            lines.append(f"{method:<{width}}{cells}  {row['source']}")
        return "\n".join(lines)
