"""Lazy maps on a dask cluster: two processes on this machine, one of which dies."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import dask
import numpy as np
import pytest
from seas import logged, sea, untrained

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "unpickled"
    path.touch()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDVN_TEST_LOG", str(path))
        patched.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
        yield path


@pytest.fixture(scope="module")
def client(log):
    # A task that waits may be moved from one worker to the other, and would bring the network along once more.
    with (
        dask.config.set({"distributed.scheduler.work-stealing": False}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def case(log):
    ds = sea((16, 12, 12), land=True)
    model = untrained(ds, network=logged)
    return ds.chunk(time=4, lat=6), model, model.reconstruct(ds, progress=False).ssh


def workers_that_unpickled(log):
    return Counter(int(pid) for pid in log.read_text("utf-8").split() if int(pid) != os.getpid())


def test_workers_make_the_same_maps_and_get_the_model_once(client, case, log):
    lazy, model, expected = case
    maps = model.reconstruct(lazy, block={"time": 4, "lat": 4, "lon": 6}).ssh.compute()
    np.testing.assert_allclose(maps, expected, rtol=0, atol=1e-6)
    seen = workers_that_unpickled(log)
    assert set(seen) == set(client.run(os.getpid).values())
    assert set(seen.values()) == {1}


def test_blocks_of_a_killed_worker_are_done_again(client, case, log):
    lazy, model, expected = case
    before = sum(workers_that_unpickled(log).values())
    victim = next(iter(client.run(os.getpid).values()))
    future = client.compute(model.reconstruct(lazy, block={"time": 2, "lat": 3, "lon": 4}).ssh)
    deadline = time.monotonic() + 120
    while sum(workers_that_unpickled(log).values()) < before + 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(victim, signal.SIGKILL)
    np.testing.assert_allclose(future.result(), expected, rtol=0, atol=1e-6)
    assert victim not in client.run(os.getpid).values()
