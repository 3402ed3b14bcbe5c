"""Files of numbers: exact round trips, and no way to bring in code, half a file or a stranger's class."""

import json
import pickle
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn import storage
from xdvn.core.cost import Reduction
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.grid.mean import MeanField


@dataclass(frozen=True)
class Mine:
    numbers: np.ndarray
    ratio: float
    names: tuple[str, ...]
    more: dict[str, float]
    reduction: Reduction
    nothing: None = None


@dataclass(frozen=True)
class WithFunction:
    f: object


def mine():
    return Mine(np.arange(6.0).reshape(2, 3), 0.1 + 0.2, ("a", "b"), {"x": float("inf")}, Reduction.SUM)


def test_round_trip_is_exact(tmp_path):
    path = tmp_path / "mine.xdvn"
    storage.write(path, mine(), {})
    back = storage.read(path, [Mine])
    assert np.array_equal(back.numbers, mine().numbers)
    assert (back.ratio, back.names, back.more, back.reduction) == (0.1 + 0.2, ("a", "b"), {"x": np.inf}, Reduction.SUM)


def test_a_network_comes_back_leaf_by_leaf_and_works(tmp_path):
    net = FourDVarNet.default(2, 1, key=jax.random.key(0))
    storage.write(tmp_path / "net.xdvn", net, {})
    back = storage.read(tmp_path / "net.xdvn")
    assert jax.tree.structure(back) == jax.tree.structure(net)
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(back), jax.tree.leaves(net), strict=True))


def test_the_header_is_one_line_of_json(tmp_path):
    storage.write(tmp_path / "m.xdvn", MeanField(np.ones(2), (np.arange(2.0),)), {"made": "here"})
    header = json.loads((tmp_path / "m.xdvn").read_bytes().split(b"\n", 1)[0])
    assert header["about"] == {"made": "here"}
    assert header["object"]["class"] == "xdvn.grid.mean.MeanField"


def test_strangers_classes_are_named_not_imported(tmp_path):
    path = tmp_path / "m.xdvn"
    storage.write(path, mine(), {})
    with pytest.raises(ValueError, match=r"contains a .*Mine, which this xdvn does not know.*classes=\[Mine\]"):
        storage.read(path)
    for name in ("os.system", "subprocess.Popen", "xdvn.storage.json.loads", "xdvn.datasets.fetch"):
        header = {"xdvn": "xdvn-model", "format": 1, "about": {}, "object": {"class": name, "fields": {}}}
        path.write_bytes(json.dumps(header).encode() + b"\n")
        with pytest.raises(ValueError, match="does not know"):
            storage.read(path)


def test_damaged_foreign_and_newer_files_are_refused(tmp_path):
    path = tmp_path / "m.xdvn"
    storage.write(path, mine(), {})
    whole = path.read_bytes()
    for cut in (len(whole) - 1, len(whole) - 30, whole.index(b"\n") + 4):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match="is damaged or cut short|reshape|read|magic"):
            storage.read(path, [Mine])
    for foreign in (b"", b"CDF\x01 no json", b"[1, 2]\n", pickle.dumps({"a": 1})):
        path.write_bytes(foreign)
        with pytest.raises(ValueError, match="is not an xdvn model file"):
            storage.read(path)
    path.write_bytes(whole.replace(b'"format": 1', b'"format": 9', 1))
    with pytest.raises(ValueError, match="has format 9, this xdvn reads 1"):
        storage.read(path, [Mine])


def test_pickled_arrays_are_never_opened(tmp_path):
    path = tmp_path / "m.xdvn"
    storage.write(path, MeanField(np.ones(2), (np.arange(2.0),)), {})
    head = path.read_bytes().split(b"\n", 1)[0]
    with open(path, "wb") as stream:
        stream.write(head + b"\n")
        np.save(stream, np.array([{"evil": 1}, 2], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        storage.read(path)


def test_what_is_not_data_is_refused_with_its_place(tmp_path):
    with pytest.raises(TypeError, match=r"WithFunction\.f is a function, which a model file cannot hold"):
        storage.write(tmp_path / "m.xdvn", WithFunction(lambda x: x), {})
    assert list(tmp_path.iterdir()) == []

    class Local(eqx.Module):
        a: jax.Array

    with pytest.raises(TypeError, match="a class made inside a function; define it in a module"):
        storage.write(tmp_path / "m.xdvn", Local(jnp.ones(1)), {})


def test_fields_that_changed_are_said(tmp_path):
    path = tmp_path / "m.xdvn"
    header = {"class": "xdvn.grid.mean.MeanField", "fields": {"values": None}}
    path.write_bytes(json.dumps({"xdvn": "xdvn-model", "format": 1, "object": header}).encode() + b"\n")
    with pytest.raises(ValueError, match="has the fields"):
        storage.read(path)
