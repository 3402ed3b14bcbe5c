"""Where several panels go: a new figure, or the place of axes that the caller has.

Called by ``xdvn.plot.comparison`` and ``xdvn.plot.fields``.
"""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.gridspec import GridSpecBase

__all__ = ["Sheet"]


@dataclass(frozen=True)
class Sheet:
    """A figure, and a grid of places in it.

    Parameters
    ----------
    figure : matplotlib Figure
        Where to draw.
    grid : GridSpecBase
        Places of the panels, ``grid[row, column]``.
    own : bool
        Whether the figure was made for these panels alone.
    """

    figure: Figure | SubFigure
    grid: GridSpecBase
    own: bool

    @classmethod
    def of(cls, ax: Axes | None, rows: int, columns: int, size: tuple[float, float], layout: str) -> Sheet:
        """Make a figure of ``size`` [inches], or divide the place of axes, which are taken out of their figure.

        Raises
        ------
        ValueError
            The axes were put somewhere by hand, so that there is no place to divide.
        """
        if ax is None:
            figure = plt.figure(figsize=size, layout=layout)
            return cls(figure, figure.add_gridspec(rows, columns), True)
        place = ax.get_subplotspec()
        if place is None:
            raise ValueError(
                "ax= has no place in a grid that could be divided into panels; make it with plt.subplots() or "
                "figure.add_subplot(), or leave it out"
            )
        home = ax.figure
        ax.remove()
        return cls(home, place.subgridspec(rows, columns), False)

    @property
    def root(self) -> Figure:
        """The whole figure, which can be saved."""
        figure = self.figure
        while isinstance(figure, SubFigure):
            figure = figure.figure
        assert isinstance(figure, Figure)
        return figure

    def entitle(self, title: str, first: Axes) -> None:
        """Write a title above everything: the figure's, or, in another's figure, a line above the first panel's own."""
        if self.own:
            self.figure.suptitle(title)
        elif title:
            first.set_title(f"{title}\n{first.get_title()}".strip())
