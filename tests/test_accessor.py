"""The accessor: full signatures and docstrings of the functions it forwards to, no state, and summaries."""

import ast
import inspect
import re
import textwrap
from html.parser import HTMLParser

import pytest
import xarray as xr

import xdvn
from xdvn import ocean, plot
from xdvn.accessor import DvnAccessor

FORWARDS = {
    "fit": xdvn.fit,
    "reconstruct": xdvn.reconstruct,
    "score": xdvn.score,
    "compare": xdvn.compare,
    "currents": ocean.surface_currents,
    "plot": plot.overview,
}


def test_the_summary_names_axes_coverage_and_next_step(small_twin):
    text = repr(small_twin.dvn)
    assert "T=time, Y=lat, X=lon (40 x 16 x 16)" in text
    assert re.search(r"ssh +m +100\.0 %", text)
    assert "fit(obs='ssh_obs', truth='ssh')" in text
    assert "offset" not in text
    assert "cannot map this Dataset yet: no time axis" in repr(xr.Dataset({"a": ("x", [1.0])}).dvn)


class Cells(HTMLParser):
    """The texts of table cells, in order; fails where tags are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.cells, self.tags = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells.append(data)


def parsed(html):
    page = Cells()
    page.feed(html)
    assert not page.open
    return page


def test_notebooks_show_a_table_without_scripts(small_twin, small_model):
    page = parsed(small_twin.dvn._repr_html_())
    assert "script" not in page.tags
    assert page.cells[:6] == ["variable", "units", "coverage", "ssh", "m", "100.0 %"]
    model = parsed(small_model._repr_html_())
    assert "5 time x 8 lat x 8 lon" in model.cells
    assert "FourDVarNet" in " ".join(model.cells)


def test_names_from_a_file_are_escaped_in_html(small_twin):
    hostile = small_twin.rename(ssh="<script>alert(1)</script>").dvn._repr_html_()
    assert "<script>" not in hostile
    assert "&lt;script&gt;" in hostile


def without_first(function):
    first, *others = inspect.signature(function).parameters.values()
    return [(p.name, p.kind, p.default, str(p.annotation)) for p in others]


@pytest.mark.parametrize("name", sorted(FORWARDS))
def test_methods_have_the_signature_of_their_function(name):
    assert without_first(getattr(DvnAccessor, name)) == without_first(FORWARDS[name])


@pytest.mark.parametrize("name", sorted(FORWARDS))
def test_methods_have_the_docstring_of_their_function(name):
    """The same text but for the Dataset, which the accessor stands for. Copy it when one of them changes."""
    text = inspect.getdoc(FORWARDS[name])
    expected = re.sub(r"^ds : xr\.Dataset\n(?:    .*\n)+", "", text, count=1, flags=re.M)
    assert expected != text
    assert inspect.getdoc(getattr(DvnAccessor, name)) == expected


def test_methods_only_forward():
    for name, method in inspect.getmembers(DvnAccessor, inspect.isfunction):
        if name == "__init__":
            continue
        (function,) = ast.parse(textwrap.dedent(inspect.getsource(method))).body
        docstring, *imports, last = function.body
        assert isinstance(docstring, ast.Expr), name
        assert [type(statement) for statement in imports] == [ast.ImportFrom], name
        assert isinstance(last, ast.Return), name
        assert isinstance(last.value, ast.Call), name


def test_axes_and_maps(small_twin, small_model):
    assert small_twin.dvn.axes.dims == ("time", "lat", "lon")
    maps = small_twin.dvn.reconstruct(small_model, progress=False)
    assert maps.dvn.plot("ssh") is not None


def test_the_summary_of_a_model(small_model):
    text = repr(small_model)
    assert "ssh_obs -> ssh [m]" in text
    assert "5 time x 8 lat x 8 lon" in text
    assert "FourDVarNet" in text


def test_every_public_name_resolves_and_unknown_ones_teach():
    for name in xdvn.__all__:
        assert getattr(xdvn, name) is not None
    assert set(xdvn.__all__) <= set(dir(xdvn))
    with pytest.raises(AttributeError, match="has no attribute 'fitt'; it offers"):
        xdvn.fitt  # noqa: B018
