"""The layout of the package, read from its source: which folder imports which, and what every file documents."""

import ast
import graphlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "xdvn"
FILES = sorted(PACKAGE.rglob("*.py"))

# The law: a folder, or a file of the root, imports only those with a lower number.
LEVEL = {
    # arrays and labels
    "core": 1,
    "grid": 1,
    "dynamics": 1,
    "readers": 1,
    "io": 1,
    "mapper": 1,
    "citation": 1,
    "_version": 0,
    # along-track data, sea level, classical methods, named variables
    "tracks": 2,
    "ocean": 2,
    "baselines": 2,
    "labelled": 2,
    # maps, scores, simulated observations
    "inference": 3,
    "metrics": 3,
    "osse": 3,
    # models, training, pictures, data
    "model": 4,
    "training": 4,
    "plot": 4,
    "datasets": 4,
    # the verbs, and what is built on models
    "api": 5,
    "diagnostics": 5,
    "uncertainty": 5,
    "testing": 5,
    "comparison": 6,
    "recipe": 6,
    "benchmark": 7,
    "accessor": 7,
    "cli": 7,
    "": 8,  # xdvn/__init__.py, the table of contents
    "__main__": 9,
}
ROOT_FILES = {
    "__init__", "__main__", "_version", "accessor", "api", "citation", "comparison", "diagnostics", "mapper", "model",
    "recipe",
}  # fmt: skip

# Outside packages that only these folders and files may import; packages not named here are free to all.
JAX = {
    "core", "dynamics", "labelled", "osse", "io", "inference", "model", "training", "uncertainty", "diagnostics",
    "api", "testing",
}  # fmt: skip
MAY_IMPORT = {
    "jax": JAX,
    "equinox": JAX | {"baselines"},
    "optax": {"core", "training"},
    "lineax": {"core"},
    "matplotlib": {"plot"},
    "cartopy": {"plot"},
    "shapely": {"plot"},
    "pooch": {"datasets"},
    "requests": {"datasets"},
    "xarray": set(LEVEL) - {"core", "dynamics"},
    "dask": {"grid", "inference", "diagnostics", "testing", "cli"},
    "xarray_jax": {"labelled"},
}


def module_of(path: Path) -> str:
    """Dotted name of a file: xdvn.grid.axes, or xdvn.grid for its __init__.py."""
    parts = ("xdvn", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def unit_of(module: str) -> str:
    """Sub-package or top-level module that a dotted name belongs to; "" for xdvn itself."""
    return (module.split(".") + [""])[1]


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def imported_by(source: str, module: str, is_package: bool = False) -> set[str]:
    """Dotted names that a file imports, anywhere in it, but for blocks under TYPE_CHECKING.

    ``from xdvn import grid`` is an import of xdvn.grid; a name that is no module is an import of its home.
    """
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(source)]
    while todo:
        node = todo.pop()
        if _is_type_checking(node):
            assert isinstance(node, ast.If)
            todo.extend(node.orelse)
            continue
        todo.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if is_package else module.split(".")[:-1]
            above = package[: len(package) - node.level + 1] if node.level else []
            home = ".".join([*above, *([node.module] if node.module else [])])
            names = {f"{home}.{alias.name}" for alias in node.names}
            modules = {name for name in names if name in MODULES}
            found |= modules
            if names - modules:
                found.add(home)
    return found


GRAPH = {
    name: imported_by(path.read_text("utf-8"), name, is_package=path.name == "__init__.py")
    for name, path in MODULES.items()
}


def test_imports_are_found_where_they_hide():
    source = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import cartopy
else:
    import json
def lazy():
    from jax import numpy
    from ..grid import axes
"""
    assert imported_by(source, "xdvn.metrics.made_up") == {"typing", "json", "jax", "xdvn.grid.axes"}


def test_every_folder_has_a_level():
    units = {unit_of(name) for name in MODULES}
    assert units <= set(LEVEL), f"give a level in {Path(__file__).name} to {units - set(LEVEL)}"


@pytest.mark.parametrize("module", sorted(GRAPH))
def test_imports_are_of_a_lower_level(module):
    here = unit_of(module)
    for other in GRAPH[module]:
        if other.split(".")[0] == "xdvn" and (there := unit_of(other)) != here:
            assert LEVEL[there] < LEVEL[here], f"{module} imports {other}, which is not below it"


@pytest.mark.parametrize("module", sorted(GRAPH))
def test_outside_packages_stay_in_their_layer(module):
    for other in GRAPH[module]:
        allowed = MAY_IMPORT.get(other.split(".")[0])
        assert allowed is None or unit_of(module) in allowed, f"{module} imports {other}"


def test_no_cycles():
    # A package's own __init__.py is its table of contents: importing the package stands for all that it lists.
    inside = {name: {other for other in found if other in MODULES} for name, found in GRAPH.items()}
    order = list(graphlib.TopologicalSorter(inside).static_order())
    assert set(order) == set(MODULES)


def test_the_root_holds_the_verbs_and_the_model():
    assert {path.stem for path in PACKAGE.glob("*.py")} == ROOT_FILES
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders == set(LEVEL) - ROOT_FILES - {""}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_file_has_an_introduction(path):
    text = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert text, "state in a few lines the idea of the file"
    assert "TODO" not in text


def test_no_file_is_a_splinter():
    alone = {"_version", "__main__", "__init__", "abstract"}
    short = [module_of(f) for f in FILES if f.stem not in alone and len(f.read_text("utf-8").splitlines()) < 40]
    assert not short, f"merge {short} with the file that uses it: a file is one idea, whatever its length"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_public_things_are_documented(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_all_names_what_is_there(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = ast.literal_eval(node.value)
            assert list(names) == sorted(names, key=str) or len(set(names)) == len(names)
            assert len(set(names)) == len(names)


def test_every_source_file_is_called_after_its_concept():
    assert not [path for path in FILES if path.stem in {"utils", "util", "helpers", "misc", "common"}]


def test_no_path_of_one_machine():
    machine = re.compile(
        r"(?<![\w.:/-])/(?:" + "|".join(["home", "Users", "root", "work", "opt", "tmp", "mnt"]) + r")/\w"
    )
    texts = [*FILES, *(ROOT / "tests").rglob("*.py"), *ROOT.glob("*.*"), ROOT / "Makefile", ROOT / ".ci" / "run"]
    texts += [*(ROOT / "docs").rglob("*.md"), *(ROOT / "tutorials").rglob("*.py")]
    for path in texts:
        if path.is_file():
            assert not machine.search(path.read_text("utf-8")), f"{path.name} names a folder of one machine"
