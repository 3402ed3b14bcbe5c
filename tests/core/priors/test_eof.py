"""EOFPrior: a projection on the EOFs of NumPy, classical or extended."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.parameters import trainable_mask
from xdvn.core.priors import EOFPrior


def windows(seed=0, shape=(30, 4, 3, 6)):
    """Samples of two patterns with random amplitudes about a mean, and a little noise."""
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(2, *shape[1:]))
    return 5 + np.einsum("ap,p...->a...", rng.normal(size=(shape[0], 2)), patterns) + 0.01 * rng.normal(size=shape)


def test_extended_eofs_are_the_leading_eigenvectors_of_the_covariance():
    samples = windows()
    with jax.enable_x64(True):
        prior = EOFPrior.from_samples(samples, 2)
        flat = samples.reshape(30, -1)
        vectors = np.linalg.eigh(np.cov(flat.T))[1][:, -2:]
        x = np.random.default_rng(1).normal(size=samples.shape[1:])
        expected = flat.mean(0) + vectors @ (vectors.T @ (x.ravel() - flat.mean(0)))
        assert np.allclose(prior(jnp.asarray(x)).ravel(), expected, atol=1e-10)
    # A sample of both patterns is unchanged up to the noise.
    assert np.abs(prior(jnp.asarray(samples[3], jnp.float32)) - samples[3]).max() < 0.1
    assert not any(jax.tree.leaves(trainable_mask(prior)))


def test_classical_eofs_project_each_time_independently():
    samples = windows()  # two variables at three times
    with jax.enable_x64(True):
        prior = EOFPrior.from_samples(samples, 3, n_variables=2)
        times = samples.reshape(30, 12, 2, 3).transpose(0, 3, 1, 2).reshape(90, 24)
        mean = times.mean(0)
        vectors = np.linalg.svd(times - mean)[2][:3]
        x = np.random.default_rng(1).normal(size=(4, 3, 6))
        series = x.reshape(12, 2, 3).reshape(24, 3)
        expected = mean[:, None] + vectors.T @ (vectors @ (series - mean[:, None]))
        assert np.allclose(prior(jnp.asarray(x)).reshape(24, 3), expected, atol=1e-10)


def test_the_projection_is_idempotent():
    prior = EOFPrior.from_samples(windows(), 2)
    x = jnp.asarray(np.random.default_rng(2).normal(size=(4, 3, 6)), jnp.float32)
    assert np.allclose(prior(prior(x)), prior(x), atol=1e-5)


def test_wrong_bases_means_and_samples_are_refused():
    with pytest.raises(
        ValueError, match=r"basis with max \|E\^T E - I\| = 4: expected orthonormal modes.*from_samples"
    ):
        EOFPrior(np.ones((4, 1, 2)))
    with pytest.raises(ValueError, match=r"mean of shape \(4, 2\): expected \(4, 1\), that of a mode\. Compute"):
        EOFPrior(np.eye(4)[:, None, :2], np.ones((4, 2)))
    with pytest.raises(ValueError, match=r"mean with 4 NaN or infinite values: expected finite ones\. Set land to 0"):
        EOFPrior(np.eye(4)[:, None, :2], np.full((4, 1), np.nan))
    with pytest.raises(ValueError, match=r"state of \(5,\) cells: expected \(4,\), those of the EOFs\. Use"):
        EOFPrior(np.eye(4)[:, None, :2])(jnp.ones((5, 1)))
    with pytest.raises(
        ValueError, match=r"samples with \d+ NaN or infinite values: expected complete fields\. Set land to 0"
    ):
        EOFPrior.from_samples(np.where(windows() > 5, windows(), np.nan), 2)
    with pytest.raises(ValueError, match="rank=30: expected 1 to 29 for 30 samples of 72 values. Choose"):
        EOFPrior.from_samples(windows(), 30)
