"""Class paths in model files: public today, importable, and found again under every earlier name."""

import dataclasses
import enum
import importlib
import pkgutil
from pathlib import Path

import pytest

from xdvn.io import model_file
from xdvn.io.moved import FIELDS, MOVED

TODAY = Path(__file__).parent / "files" / f"format_{model_file.FORMAT}.xdvn"


def class_at(path):
    """The class at a dotted path, imported without the help of the reader."""
    module, _, name = path.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, type), path
    return found


def storable(*packages):
    """Modules (equinox), dataclasses and enums that these packages define."""
    found = {}
    for package in packages:
        top = importlib.import_module(package)
        below = [m.name for m in pkgutil.walk_packages(getattr(top, "__path__", ()), f"{package}.")]
        for name in (package, *below):
            for each in vars(importlib.import_module(name)).values():
                if isinstance(each, type) and each.__module__ == name:
                    if dataclasses.is_dataclass(each) or issubclass(each, enum.Enum):
                        found[f"{name}.{each.__qualname__}"] = each
    return found


STORABLE = storable("xdvn.core", "xdvn.grid", "xdvn.baselines", "xdvn.model")


def paths_in(node):
    """Class paths in a header."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("class", "enum") if isinstance(node.get(key), str))
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from paths_in(each)


def test_all_kinds_of_storable_classes_are_found():
    assert len(STORABLE) > 100
    assert {c.__name__ for c in STORABLE.values()} >= {
        "BilinearPrior", "FourDVarNet", "GridSpec", "History", "Model", "OptimalInterpolation", "Padding", "Target",
        "TrainingDomain", "_Anchor",
    }  # fmt: skip


@pytest.mark.parametrize("cls", STORABLE.values(), ids=STORABLE)
def test_the_name_that_is_written_leads_back_to_the_class(cls):
    name = model_file._name(cls)
    assert class_at(name) is cls
    assert model_file._lookup(name, {}) is cls
    assert name not in MOVED  # or the reader would take it for an earlier one


def test_no_two_classes_are_written_under_one_name():
    assert len({model_file._name(cls) for cls in STORABLE.values()}) == len(STORABLE)


def test_public_classes_are_written_under_the_path_of_their_package():
    """Where a class is exported by a package, the module that defines it is not part of its name."""
    for cls in STORABLE.values():
        parents = cls.__module__.split(".")[:-1]
        packages = [importlib.import_module(".".join(parents[:n])) for n in range(2, len(parents) + 1)]
        exporting = [p.__name__ for p in packages if vars(p).get(cls.__name__) is cls]
        if exporting:
            assert model_file._name(cls) == f"{exporting[0]}.{cls.__name__}"


@pytest.mark.parametrize(("earlier", "today"), MOVED.items(), ids=MOVED)
def test_an_earlier_name_leads_to_a_class_of_today(earlier, today):
    cls = class_at(today)
    assert model_file._lookup(earlier, {}) is cls
    assert f"{cls.__module__}.{cls.__qualname__}" == today
    with pytest.raises((ImportError, AttributeError)):
        class_at(earlier)


@pytest.mark.parametrize(("path", "names"), FIELDS.items(), ids=FIELDS)
def test_an_earlier_field_leads_to_a_field_of_today(path, names):
    fields = {f.name for f in dataclasses.fields(class_at(path))}
    assert set(names.values()) <= fields
    assert not set(names) & fields


def test_the_stored_file_of_today_names_classes_by_their_public_paths():
    paths = set(paths_in(model_file.header_of(TODAY)["object"]))
    assert {"xdvn.core.priors.BilinearPrior", "xdvn.core.networks.FourDVarNet", "xdvn.grid.GridSpec"} <= paths
    assert all(model_file._name(class_at(path)) == path for path in paths)
