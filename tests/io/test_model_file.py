"""Files of numbers: exact round trips, and no way to bring in code, half a file or a stranger's class."""

import hashlib
import io
import json
import pickle
import signal
import subprocess
import sys
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from seas import sea

import xdvn
from xdvn.core.cost import Reduction
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.grid.mean import MeanField
from xdvn.io import model_file

FILES = Path(__file__).parent / "files"


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
    model_file.write(path, mine(), {})
    back = model_file.read(path, [Mine])
    assert np.array_equal(back.numbers, mine().numbers)
    assert (back.ratio, back.names, back.more, back.reduction) == (0.1 + 0.2, ("a", "b"), {"x": np.inf}, Reduction.SUM)


def test_a_network_comes_back_leaf_by_leaf_and_works(tmp_path):
    network = FourDVarNet.default(2, 1, key=jax.random.key(0))
    model_file.write(tmp_path / "net.xdvn", network, {})
    back = model_file.read(tmp_path / "net.xdvn")
    assert jax.tree.structure(back) == jax.tree.structure(network)
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(back), jax.tree.leaves(network), strict=True))


def test_the_header_is_one_line_of_json(tmp_path):
    model_file.write(tmp_path / "m.xdvn", MeanField(np.ones(2), (np.arange(2.0),)), {"made": "here"})
    header = json.loads((tmp_path / "m.xdvn").read_bytes().split(b"\n", 1)[0])
    assert header["about"] == {"made": "here"}
    assert header["object"]["class"] == "xdvn.grid.MeanField"


def test_strangers_classes_are_named_not_imported(tmp_path):
    path = tmp_path / "m.xdvn"
    model_file.write(path, mine(), {})
    with pytest.raises(ValueError, match=r"contains a .*Mine, which this xdvn does not know.*classes=\[Mine\]"):
        model_file.read(path)
    for name in ("os.system", "subprocess.Popen", "xdvn.io.model_file.json.loads", "xdvn.datasets.fetch"):
        path.write_bytes(
            signed(
                {
                    "xdvn": "xdvn-model",
                    "format": model_file.FORMAT,
                    "about": {},
                    "object": {"class": name, "fields": {}},
                }
            )
        )
        with pytest.raises(ValueError, match="does not know"):
            model_file.read(path)


def test_damaged_foreign_and_newer_files_are_refused(tmp_path):
    path = tmp_path / "m.xdvn"
    model_file.write(path, mine(), {})
    whole = path.read_bytes()
    for cut in (len(whole) - 1, len(whole) - 30, whole.index(b"\n") + 4):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match="is damaged or cut short"):
            model_file.read(path, [Mine])
    for foreign in (b"", b"CDF\x01 no json", b"[1, 2]\n", pickle.dumps({"a": 1})):
        path.write_bytes(foreign)
        with pytest.raises(ValueError, match="is not an xdvn model file"):
            model_file.read(path)
    path.write_bytes(whole.replace(b'"format": 3', b'"format": 9', 1))
    with pytest.raises(ValueError, match="has format 9, this xdvn reads 1 to 3"):
        model_file.read(path, [Mine])


def signed(header, body=b""):
    """A file with a digest that fits: made by someone who knows the format."""
    whole = json.dumps(header).encode() + b"\n" + body
    return whole + f"sha256 {hashlib.sha256(whole).hexdigest()}\n".encode()


def test_pickled_arrays_are_never_opened(tmp_path):
    path = tmp_path / "m.xdvn"
    body = io.BytesIO()
    np.save(body, np.array([{"evil": 1}, 2], dtype=object), allow_pickle=True)
    for dtype in ("|O", "<f8"):
        node = {"array": "numpy", "shape": [2], "dtype": dtype}
        header = {"class": "xdvn.grid.mean.MeanField", "fields": {"values": node, "coords": {"tuple": []}}}
        path.write_bytes(signed({"xdvn": "xdvn-model", "format": model_file.FORMAT, "object": header}, body.getvalue()))
        with pytest.raises(ValueError, match="is none of numbers|stands where"):
            model_file.read(path)


HOSTILE = {
    "a size beyond all memory": ({"array": "numpy", "shape": [10**15], "dtype": "<f8"}, "bytes of arrays where about"),
    "a size beyond all numbers": ({"array": "numpy", "shape": [10**300], "dtype": "<f8"}, "where about"),
    "a negative size": ({"array": "numpy", "shape": [-1], "dtype": "<f8"}, "is none of numbers"),
    "a shape of words": ({"array": "numpy", "shape": ["a"], "dtype": "<f8"}, "is none of numbers"),
    "no type": ({"array": "numpy", "shape": [1], "dtype": "nonsense"}, "damaged or cut short"),
    "a word for a class": ({"class": 7, "fields": {}}, "damaged or cut short"),
    "fields that are no mapping": ({"class": "xdvn.grid.mean.MeanField", "fields": 3}, "damaged or cut short"),
    "an abstract class": ({"class": "xdvn.mapper.AbstractMapper", "fields": {}}, "does not know"),
    "no member": ({"enum": "xdvn.core.cost.Reduction", "member": "ALL"}, "damaged or cut short"),
    "no such node": ({"code": "import os"}, "damaged or cut short"),
    "a number for a node": (["a"], "damaged or cut short"),
    "values its class refuses": (
        {"class": "xdvn.grid.patches.Patcher",
         "fields": {k: {"tuple": [v]} for k, v in {"shape": 3, "patch": 9, "stride": 1, "periodic": False}.items()}},
        "a window of 9 does not fit a field of 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("node", "match"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_headers_are_refused_at_once(node, match, tmp_path):
    path = tmp_path / "m.xdvn"
    path.write_bytes(signed({"xdvn": "xdvn-model", "format": model_file.FORMAT, "object": node}))
    tracemalloc.start()
    with pytest.raises(ValueError, match=match):
        model_file.read(path)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_endless_and_bottomless_headers_are_refused_at_once(tmp_path):
    path = tmp_path / "m.xdvn"
    for text in (b"[" * 200_000, b'{"xdvn": "' + b"x" * (1 << 25), b'{"xdvn": ' + b"9" * 100_000 + b"}"):
        path.write_bytes(text + b"\n")
        tracemalloc.start()
        with pytest.raises(ValueError, match="is not an xdvn model file"):
            model_file.read(path)
        assert tracemalloc.get_traced_memory()[1] < 1e8
        tracemalloc.stop()


def test_every_one_of_ten_thousand_mutations_is_told(tmp_path):
    """Cut anywhere, flip any bit, lose, double or overwrite any stretch: the digest knows."""
    path = tmp_path / "m.xdvn"
    model_file.write(path, mine(), {"made": "here"})
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    n = len(whole)
    flips = [whole[:i] + bytes([whole[i] ^ 1 << bit]) + whole[i + 1 :] for i in range(n) for bit in range(8)]
    cuts = [whole[:i] for i in range(n)]
    other = []
    for _ in range(2000):
        i, j = sorted(rng.integers(0, n, 2))
        noise = rng.integers(0, 256, j - i, np.uint8).tobytes()
        other += [whole[:i] + whole[j + 1 :], whole[: j + 1] + whole[i:], whole[:i] + noise + b"\0" + whole[j + 1 :]]
    mutants = [m for m in (*flips, *cuts, *other) if m != whole]
    assert len(mutants) > 10_000
    for mutant in mutants:
        path.write_bytes(mutant)
        with pytest.raises(ValueError, match="m.xdvn"):
            model_file.read(path, [Mine])


def test_mutations_with_a_digest_that_fits_never_do_worse_than_a_value_error(tmp_path):
    """Without the digest to protect it, the reader itself: an error that says so, or an object of the known class."""
    path = tmp_path / "m.xdvn"
    model_file.write(path, mine(), {})
    text, body = path.read_bytes()[:-72].split(b"\n", 1)
    rng = np.random.default_rng(1)
    read = 0
    for _ in range(2000):
        changed = bytearray(text + b"\n" + body)
        for i in rng.integers(0, len(changed), rng.integers(1, 4)):
            changed[i] = rng.choice(list(b'0123456789"{}[],:abcflnrtu <|>\x00\xff'))
        path.write_bytes(bytes(changed) + f"sha256 {hashlib.sha256(changed).hexdigest()}\n".encode())
        try:
            assert isinstance(model_file.read(path, [Mine]), object)
            read += 1
        except ValueError:
            pass
    assert read < 1500


def test_a_process_killed_while_it_saves_leaves_the_old_file(tmp_path):
    path = tmp_path / "m.xdvn"
    model_file.write(path, mine(), {"made": "before"})
    script = (
        "import sys, os, signal, numpy as np; from xdvn.io import model_file; from xdvn.grid.mean import MeanField\n"
        "def die(*given, **options): os.kill(os.getpid(), signal.SIGKILL)\n"
        "write = np.lib.format.write_array; seen = []\n"
        "def second(*given, **options): seen.append(1); (write if len(seen) == 1 else die)(*given, **options)\n"
        "np.lib.format.write_array = second\n"
        "model_file.write(sys.argv[1], MeanField(np.ones(10**5), (np.arange(1e5),)), {})"
    )
    run = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert run.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2  # the old file, and the beginning of another under another name
    assert model_file.read(path, [Mine]).names == ("a", "b")


# One row of the map of the second of four days, as the version that wrote the file computed it.
ROWS = {
    "format_1.xdvn": (-0.0465914, -0.0333963, -0.0132138, 0.0118145, 0.0435848, 0.0780068, 0.1080415, 0.1375558),
    "format_2.xdvn": (0.7754932, 0.8141221, 0.7959679, 0.8845294, 0.8188090, 0.8257216, 0.7837647, 0.8855964),
    "format_3.xdvn": (0.7754932, 0.8141221, 0.7959679, 0.8845294, 0.8188090, 0.8257216, 0.7837647, 0.8855964),
}


@pytest.mark.parametrize("name", [f"format_{n}.xdvn" for n in range(1, model_file.FORMAT + 1)])
def test_files_of_every_format_stay_readable_and_map_as_before(name):
    model = xdvn.load(FILES / name)
    assert model.spec.variables[0].obs == "ssh_obs"
    assert model.spec.patch == (3, 8, 8)
    assert model_file.header_of(FILES / name)["format"] == int(name[7])
    assert sum(np.size(x) for x in jax.tree.leaves(eqx.filter(model.network, eqx.is_inexact_array))) == 744
    like = sea((4, 8, 8), step=model.spec.spacing[1])
    maps = model.reconstruct(like, progress=False).ssh
    assert bool(maps.notnull().all())
    np.testing.assert_allclose(maps.values[1, 3], ROWS[name], atol=1e-5)


@pytest.mark.parametrize("name", [f"format_{n}.xdvn" for n in range(1, model_file.FORMAT + 1)])
def test_a_model_of_an_earlier_format_is_saved_in_todays(name, tmp_path):
    model = xdvn.load(FILES / name)
    model.save(tmp_path / "m.xdvn")
    assert model_file.header_of(tmp_path / "m.xdvn")["format"] == model_file.FORMAT
    again = xdvn.load(tmp_path / "m.xdvn")
    assert again.history.loss == model.history.loss
    assert jax.tree.structure(again.network) == jax.tree.structure(model.network)
    assert all(map(np.array_equal, jax.tree.leaves(again.network), jax.tree.leaves(model.network)))


def test_what_is_not_data_is_refused_with_its_place(tmp_path):
    with pytest.raises(TypeError, match=r"WithFunction\.f is a function, which a model file cannot hold"):
        model_file.write(tmp_path / "m.xdvn", WithFunction(lambda x: x), {})
    assert list(tmp_path.iterdir()) == []

    class Local(eqx.Module):
        a: jax.Array

    with pytest.raises(TypeError, match="a class made inside a function; define it in a module"):
        model_file.write(tmp_path / "m.xdvn", Local(jnp.ones(1)), {})


def test_fields_that_changed_are_said(tmp_path):
    path = tmp_path / "m.xdvn"
    header = {"class": "xdvn.grid.mean.MeanField", "fields": {"values": None}}
    path.write_bytes(signed({"xdvn": "xdvn-model", "format": model_file.FORMAT, "object": header}))
    with pytest.raises(ValueError, match="has the fields"):
        model_file.read(path)
