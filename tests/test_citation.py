"""The papers of a model are those of its parts, and every reference in a docstring is recognised."""

import importlib
import inspect
import pkgutil
import re

import equinox as eqx
import jax
import pytest

import xdvn
from xdvn.citation import cite, papers_in
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.priors import TruncatedSVDPrior

METHODS = ("core", "dynamics", "baselines")
FABLET = "doi:10.1029/2021MS002572"


def files():
    for name in METHODS:
        package = importlib.import_module(f"xdvn.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield module.name


@pytest.mark.parametrize("name", list(files()))
def test_every_paper_of_a_method_is_recognised(name):
    """Each DOI and arXiv number in a docstring follows authors and a year."""
    module = importlib.import_module(name)
    own = [c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == name]
    for text in (module.__doc__ or "", *(c.__doc__ or "" for c in own)):
        numbers = set(re.findall(r"(?:doi:10\.\d+/|arXiv:)[\w.]+", " ".join(text.split())))
        recognised = " ".join(paper.where for paper in papers_in(text))
        assert not [n for n in numbers if n.rstrip(".") not in recognised], f"write 'Authors year, doi:...' in {name}"


def test_the_papers_of_a_model_are_those_of_its_parts_and_of_its_first_guess(small_model):
    papers = {paper.where: paper for paper in cite(small_model).papers}
    assert "FourDVarNet" in papers[FABLET].parts
    assert "ConvLSTMModulator" in papers["arXiv:1506.04214"].parts
    assert not any("1016/0011-7471" in where for where in papers)
    started = eqx.tree_at(lambda m: m, small_model.network, small_model.network)
    both = cite((started, xdvn.OptimalInterpolation("ssh_obs")))
    assert any("OptimalInterpolation" in paper.parts for paper in both.papers)


def test_another_prior_adds_its_paper():
    network = FourDVarNet.default(3, 1, key=jax.random.key(0))
    other = eqx.tree_at(lambda n: n.cost.prior, network, TruncatedSVDPrior(rank=2))
    dineof = "doi:10.1175/1520-0426(2003)020<1839:ECADFF>2.0.CO;2"
    assert dineof not in {paper.where for paper in cite(network).papers}
    assert dineof in {paper.where for paper in cite(other).papers}


class Custom(eqx.Module):
    """A custom part. Doe & Roe 1999, doi:10.1000/182."""


def test_a_custom_class_is_included():
    (paper,) = [p for p in cite((Custom(),)).papers if p.where == "doi:10.1000/182"]
    assert (paper.authors, paper.year, paper.parts) == ("Doe & Roe", "1999", ("Custom",))
    assert paper.url == "https://doi.org/10.1000/182"


@pytest.mark.parametrize(
    ("text", "authors", "where"),
    [
        ("Simplex: Nelder and Mead 1965, doi:10.1093/comjnl/7.4.308.", "Nelder and Mead", "doi:10.1093/comjnl/7.4.308"),
        ("(Elman 1990, doi:10.1207/s15516709cog1402_1); more", "Elman", "doi:10.1207/s15516709cog1402_1"),
        ("Kato 1995, section II.4, doi:10.1007/978-3-642-66282-9. So", "Kato", "doi:10.1007/978-3-642-66282-9"),
        ("Phillips (1954), doi:10.3402/tellusa.v6i3.8734;", "Phillips", "doi:10.3402/tellusa.v6i3.8734"),
        ("Fablet, Febvre & Chapron 2023, arXiv:1.2;", "Fablet, Febvre & Chapron", "arXiv:1.2"),
    ],
)
def test_forms_of_references(text, authors, where):
    (paper,) = papers_in(text)
    assert (paper.authors, paper.where) == (authors, where)


def test_the_software_is_printed_first():
    text = str(cite(xdvn.OptimalInterpolation("ssh_obs")))
    assert text.startswith(f"the xdvn developers, xdvn {xdvn.__version__}\n")
    assert repr(cite(xdvn.OptimalInterpolation("ssh_obs"))) == text
