"""Summaries of a Dataset and of a model for a terminal and for a notebook: axes, variables, coverage, next step."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import xarray as xr

from xdvn.grid.axes import find_axes

__all__ = ["Summary", "summarise"]


@dataclass(frozen=True)
class Summary:
    """A titled table with a last line, as text and as HTML.

    Parameters
    ----------
    title : str
        First line.
    columns : tuple of str
        Heads of the columns.
    rows : tuple of tuple of str
        One row for each variable or fact.
    note : str
        Last line: the next step, or why there is none.

    Examples
    --------
    >>> print(Summary("<xdvn> a Dataset", ("variable", "units"), (("ssh", "m"),), "next: ds.dvn.plot()").text())
    <xdvn> a Dataset
      variable  units
      ssh       m
      next: ds.dvn.plot()
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""

    def text(self) -> str:
        """Return lines for a terminal."""
        lines = [self.columns, *self.rows] if any(self.columns) else list(self.rows)
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))] if lines else []
        table = ["  " + "  ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join([self.title, *table, *([f"  {self.note}"] if self.note else [])])

    def html(self) -> str:
        """Return an HTML table, without scripts, so that it also shows in a page or an exported notebook."""

        def row(cells: Sequence[str], tag: str) -> str:
            style = "text-align:left;padding:1px 12px 1px 0"
            return "<tr>" + "".join(f'<{tag} style="{style}">{html.escape(c)}</{tag}>' for c in cells) + "</tr>"

        head = f"<thead>{row(self.columns, 'th')}</thead>" if any(self.columns) else ""
        body = "".join(row(cells, "td") for cells in self.rows)
        table = f'<table style="margin:4px 0">{head}<tbody>{body}</tbody></table>' if self.rows else ""
        note = f"<div><code>{html.escape(self.note)}</code></div>" if self.note else ""
        return f"<div><strong>{html.escape(self.title)}</strong>{table}{note}</div>"


def summarise(ds: xr.Dataset) -> Summary:
    """Return the summary of a Dataset; for one that cannot be mapped, the reason.

    Coverage is the fraction of grid cells and times with a value.
    """
    try:
        axes = find_axes(ds)
    except ValueError as error:
        return Summary(f"<xdvn> cannot map this Dataset yet: {error}")
    sizes = " x ".join(str(ds.sizes[d]) for d in axes.dims)
    rows: list[tuple[str, ...]] = []
    gappy: list[str] = []
    complete: list[str] = []
    for name, da in ds.data_vars.items():
        if set(da.dims) != set(axes.dims) or da.dtype.kind != "f" or "_offset_" in str(name):
            continue
        coverage = float(da.notnull().mean())
        (complete if coverage > 0.5 else gappy).append(str(name))
        rows.append((str(name), str(da.attrs.get("units", "no units")), f"{100 * coverage:.1f} %"))
    if complete and not gappy:
        note = "next: no variable has gaps; ds.dvn.plot(), ds.dvn.score(truth)"
    else:
        obs = gappy[0] if gappy else "observed_variable"
        truth = f", truth={complete[0]!r}" if complete else ""
        note = f"next: model = ds.dvn.fit(obs={obs!r}{truth}); ds.dvn.reconstruct(model)"
    return Summary(f"<xdvn> {axes.describe()} ({sizes})", ("variable", "units", "coverage"), tuple(rows), note)
