"""PSNR, SSIM, MS-SSIM, SSIMULACRA 2, BD-rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import aivc
from aivc import metrics
from conftest import gradient


@pytest.mark.parametrize(("dtype", "peak"), [(np.uint8, 255), (np.uint16, 1023)])
def test_psnr_is_that_of_numpy(dtype: Any, peak: int) -> None:
    rng = np.random.default_rng(7)
    a = rng.integers(0, peak + 1, (31, 45, 3)).astype(dtype)
    b = rng.integers(0, peak + 1, (31, 45, 3)).astype(dtype)
    errors = ((a.astype(float) - b.astype(float)) ** 2).mean(axis=(0, 1))
    result = metrics.psnr(a, b)
    assert result.planes == pytest.approx(10 * np.log10(peak**2 / errors))
    assert result.average == pytest.approx(np.mean(result.planes))
    assert result.pooled == pytest.approx(10 * np.log10(peak**2 / errors.mean()))
    assert float(result) == result.pooled


def test_psnr_of_planes_weights_luma_by_six() -> None:
    y, c = np.zeros((8, 8), np.uint8), np.zeros((4, 4), np.uint8)
    result = metrics.psnr((y, c, c), (y + 1, c + 2, c + 4))
    squares = np.array([1.0, 4.0, 16.0])
    expected = 10 * np.log10(255**2 / squares)
    assert result.planes == pytest.approx(expected)
    assert result.average == pytest.approx((6 * expected[0] + expected[1] + expected[2]) / 8)


def test_ssim_is_one_for_equals_and_none_for_small_pictures() -> None:
    frame = gradient(170, 180)
    assert metrics.ssim(frame, frame) == pytest.approx(1.0)
    assert metrics.ms_ssim(frame, frame) == pytest.approx(1.0)
    assert metrics.ms_ssim(frame[:160], frame[:160]) is None
    assert metrics.ssimulacra2(frame, frame) == 100.0
    assert metrics.ssimulacra2(frame[:112], frame[:112]) is None
    assert metrics.ssim(frame[:10], frame[:10]) is None
    noise = np.random.default_rng(1).integers(0, 256, frame.shape).astype(np.uint8)
    similarity = metrics.ssim(frame, noise)
    assert similarity is not None and similarity < 0.2


def test_frames_of_different_format_are_not_compared() -> None:
    with pytest.raises(aivc.InvalidArgumentError, match="cannot be compared"):
        metrics.psnr(gradient(8, 8), gradient(8, 9))
    with pytest.raises(aivc.InvalidArgumentError, match="cannot be compared"):
        metrics.ssim(gradient(8, 8), gradient(8, 8, dtype=np.uint16))


def test_bd_rate_of_a_fifth_less_rate_is_minus_twenty_percent() -> None:
    anchor = [(1.0, 30.0), (2.0, 33.0), (4.0, 36.0), (8.0, 39.0)]
    test = np.array([(0.8 * rate, quality) for rate, quality in anchor])
    assert metrics.bd_rate(anchor, test) == pytest.approx(-20.0)
    # 3 dB a doubling of rate, here 1 / 0.8.
    assert metrics.bd_psnr(anchor, test) == pytest.approx(3 * np.log2(1 / 0.8))
    assert metrics.bd_rate(iter(anchor), zip(*zip(*anchor))) == pytest.approx(0.0)


@pytest.mark.parametrize(
    "curve",
    [
        [],
        [(1.0, 30.0)],
        [(1.0, 30.0), (2.0, 29.0)],
        [(0.0, 30.0), (2.0, 33.0)],
        [(1.0, float("nan")), (2.0, 33.0)],
        [(1.0, 80.0), (2.0, 83.0)],
        [(1.0, 2.0, 3.0)],
        [("a", "b")],
        [1.0, 2.0],
    ],
)
def test_what_is_no_curve_is_refused(curve: list[object]) -> None:
    anchor = [(1.0, 30.0), (2.0, 33.0)]
    with pytest.raises(aivc.InvalidArgumentError):
        metrics.bd_rate(anchor, curve)  # type: ignore[arg-type]
