"""The persistent cache of compiled programs: its folder, its settings and its limits."""

import jax
import jax.numpy as jnp
import pytest
from jax.experimental.compilation_cache import compilation_cache

from xdvn.core.compilation import cache_folder, persistent_compilation_cache, single_precision, to_single

DIRECTORY = "jax_compilation_cache_dir"


@pytest.fixture(autouse=True)
def no_cache_of_jax():
    """Disable the cache of JAX that all tests share."""
    previous = getattr(jax.config, DIRECTORY)
    jax.config.update(DIRECTORY, None)
    compilation_cache.reset_cache()
    yield
    jax.config.update(DIRECTORY, previous)
    compilation_cache.reset_cache()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Set ``XDVN_COMPILATION_CACHE`` to a folder."""
    chosen = tmp_path / "programs"
    monkeypatch.setenv("XDVN_COMPILATION_CACHE", str(chosen))
    return chosen


def compile_something(by):
    jax.jit(lambda x: jnp.sin(x) * by)(jnp.ones(3)).block_until_ready()


def test_only_programs_compiled_inside_the_context_are_stored(folder):
    compile_something(2.5)  # the first compilation, at which JAX reads the settings of its cache
    with persistent_compilation_cache():
        compile_something(3.5)
        stored = set(folder.iterdir())
    compile_something(4.5)
    assert stored
    assert set(folder.iterdir()) == stored
    assert getattr(jax.config, DIRECTORY) is None


def test_stored_programs_are_used(folder):
    with persistent_compilation_cache():
        jax.clear_caches()
        compile_something(5.5)
        stored = set(folder.iterdir())
        jax.clear_caches()
        compile_something(5.5)
        assert set(folder.iterdir()) == stored


def test_settings_are_restored_after_an_error(folder):
    with pytest.raises(RuntimeError, match="inside"), persistent_compilation_cache():
        raise RuntimeError("inside")
    assert getattr(jax.config, DIRECTORY) is None


def test_an_existing_cache_of_jax_is_not_replaced(folder, tmp_path):
    jax.config.update(DIRECTORY, str(tmp_path / "existing"))
    try:
        with persistent_compilation_cache():
            assert getattr(jax.config, DIRECTORY) == str(tmp_path / "existing")
    finally:
        jax.config.update(DIRECTORY, None)
    assert not folder.exists()


def test_the_value_off_disables_the_cache(monkeypatch):
    monkeypatch.setenv("XDVN_COMPILATION_CACHE", "off")
    assert cache_folder() is None
    with persistent_compilation_cache():
        assert getattr(jax.config, DIRECTORY) is None


def test_the_default_folder_is_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("XDVN_COMPILATION_CACHE", raising=False)
    monkeypatch.setenv("XDVN_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path / "compiled"
    monkeypatch.delenv("XDVN_CACHE_DIR")
    assert cache_folder().name == "compiled"
    assert "xdvn" in cache_folder().parts


def test_a_folder_that_other_users_can_write_to_is_not_used(folder):
    folder.mkdir()
    folder.chmod(0o777)
    with persistent_compilation_cache():
        assert getattr(jax.config, DIRECTORY) is None


def test_single_precision_inside_and_the_users_setting_outside():
    with jax.enable_x64(True):
        tree = {"weight": jnp.full(3, 0.1), "count": jnp.arange(2), "mask": jnp.ones(2, bool), "key": jax.random.key(0)}
        assert tree["weight"].dtype == jnp.float64
        with single_precision():
            single = to_single(tree)
            assert (jnp.zeros(1, float) + single["weight"]).dtype == jnp.float32
        assert jnp.zeros(1, float).dtype == jnp.float64
    assert [single[name].dtype for name in ("weight", "count", "mask")] == [jnp.float32, jnp.int32, bool]
    assert single["weight"].tolist() == jnp.full(3, 0.1, jnp.float32).tolist()
    assert single["key"] is tree["key"]
    assert to_single(single) is single
