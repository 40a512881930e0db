"""Encoder and Decoder, frame by frame."""

from __future__ import annotations

import io
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aivc
from conftest import gradient, stream_of


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("pixel_format", ["rgb", "yuv420"])
def test_a_frame_comes_back_nearly_as_it_was(dtype: Any, pixel_format: Any) -> None:
    depth = 8 if dtype == np.uint8 else 10
    frame = gradient(64, 97, dtype=dtype)
    model = "hyperprior-small" if pixel_format == "rgb" else "hybrid-small"
    stream = stream_of(
        [frame], quality=63, pixel_format=pixel_format, bit_depth=depth, model=model
    )
    decoder = aivc.Decoder(stream)
    assert (decoder.pixel_format, decoder.bit_depth) == (pixel_format, depth)
    (decoded,) = decoder
    assert (decoded.shape, decoded.dtype) == (frame.shape, frame.dtype)
    # A channel that went astray, or a wrong scale, leaves less than 20 dB.
    assert min(aivc.psnr(frame, decoded).planes) > 25


def test_planes_make_the_stream_that_a_file_of_them_makes(
    walkway: list[aivc.YuvPlanes], walkway_y4m: Path, tmp_path: Path
) -> None:
    path = tmp_path / "file.aivc"
    aivc.encode(walkway_y4m, path, quality=25)
    stream = stream_of(walkway, quality=25, pixel_format="yuv420", lookahead=40)
    for ours, files in zip(
        aivc.Decoder(stream, output="yuv420"), aivc.Decoder(path, output="yuv420")
    ):
        for a, b in zip(ours, files):
            np.testing.assert_array_equal(a, b)


def test_a_file_a_file_object_and_memory_get_the_same_bytes(tmp_path: Path) -> None:
    frames = [gradient(48, 80, shift) for shift in range(3)]
    path, file = tmp_path / "out.aivc", io.BytesIO()
    memory = stream_of(frames)
    for output in (path, file):
        with aivc.Encoder(80, 48, 25, output=output) as encoder:
            for frame in frames:
                encoder.send(frame)
                assert list(encoder) == []
    assert path.read_bytes() == file.getvalue() == memory
    assert not file.closed


def test_pieces_are_ready_after_every_frame() -> None:
    encoder = aivc.Encoder(32, 32, 25)
    pieces = [b"".join(encoder)]
    for shift in range(2):
        encoder.send(gradient(32, 32, shift))
        pieces.append(b"".join(encoder))
        assert encoder.bytes_written == sum(map(len, pieces))
    encoder.finish()
    pieces.append(b"".join(encoder))
    assert all(pieces)
    assert b"".join(pieces) == stream_of([gradient(32, 32, shift) for shift in range(2)])
    assert (encoder.frames, encoder.finished) == (2, True)


def test_with_a_lookahead_pieces_come_later() -> None:
    frames = [gradient(32, 48, shift) for shift in range(5)]
    with aivc.Encoder(48, 32, 25, model="hybrid-small", lookahead=2) as encoder:
        header = len(b"".join(encoder))
        ready = []
        for frame in frames:
            encoder.send(frame)
            ready.append(len(b"".join(encoder)) > 0)
    assert header > 0
    assert ready == [False, False, True, True, True]
    assert len(list(aivc.Decoder(stream_of(frames, model="hybrid-small", lookahead=2)))) == 5


def test_an_exception_in_the_block_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        with aivc.Encoder(32, 32, 25, output=tmp_path / "out.aivc") as encoder:
            encoder.send(gradient(32, 32))
            raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_finished_encoder_takes_nothing_more() -> None:
    encoder = aivc.Encoder(32, 32, 25)
    encoder.finish()
    encoder.finish()
    with pytest.raises(aivc.InvalidArgumentError, match="finished"):
        encoder.send(gradient(32, 32))
    with pytest.raises(aivc.InvalidArgumentError, match="finished"):
        encoder.set_quality(3)


def test_quality_can_change_between_frames() -> None:
    encoder = aivc.Encoder(64, 64, 25, quality=60)
    frame = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    b"".join(encoder)
    sizes = []
    for quality in (60, 4):
        encoder.set_quality(quality)
        encoder.send(frame)
        sizes.append(len(b"".join(encoder)))
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize(
    "frame",
    [
        gradient(32, 33),
        gradient(32, 32, dtype=np.uint16),
        (gradient(32, 32)[..., 0], gradient(16, 17)[..., 0], gradient(16, 16)[..., 0]),
        gradient(32, 32).astype(np.float32),
        gradient(32, 32)[..., 0],
        gradient(32, 32)[..., :2],
        [1, 2, 3],
        None,
        "frame",
    ],
    ids=["size", "depth", "planes", "float", "grey", "channels", "list", "none", "text"],
)
def test_another_frame_than_the_streams_is_refused_and_does_no_harm(frame: Any) -> None:
    encoder = aivc.Encoder(32, 32, 25)
    with pytest.raises(aivc.InvalidArgumentError):
        encoder.send(frame)
    encoder.send(gradient(32, 32))
    encoder.finish()
    assert b"".join(encoder) == stream_of([gradient(32, 32)])


def test_ten_bits_end_at_1023() -> None:
    encoder = aivc.Encoder(32, 32, 25, bit_depth=10)
    frame = gradient(32, 32, dtype=np.uint16)
    frame[5, 6, 1] = 1024
    with pytest.raises(aivc.InvalidArgumentError, match="1024"):
        encoder.send(frame)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "outside 1x1"),
        ({"height": 10**9}, "outside 1x1"),
        ({"width": -3}, "width is -3"),
        ({"fps": 0}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"fps": float("inf")}, "fps"),
        ({"fps": "fast"}, "fps"),
        ({"fps": 2**40}, "fps"),
        ({"quality": 99}, "0 to 63"),
        ({"effort": 10}, "0 to 9"),
        ({"bit_depth": 9}, "bit depth 9"),
        ({"pixel_format": "yuv444"}, "yuv444"),
        ({"pixel_format": "yuv420", "color": "ntsc"}, "ntsc"),
        ({"pixel_format": "yuv420", "color_range": "wide"}, "wide"),
        ({"keyframe_interval": 0}, "keyframe_interval is 0"),
        ({"threads": 0}, "threads is 0"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(aivc.InvalidArgumentError, match=message):
        aivc.Encoder(**{"width": 32, "height": 32, "fps": 25, **options})


@pytest.mark.parametrize(
    ("fps", "fraction"),
    [
        (25, Fraction(25)),
        (29.97, Fraction(2997, 100)),
        (30000 / 1001, Fraction(30000, 1001)),
        ("24000/1001", Fraction(24000, 1001)),
        (Fraction(50, 1), Fraction(50)),
    ],
)
def test_frame_rates_are_kept_exactly(fps: Any, fraction: Fraction) -> None:
    with aivc.Encoder(16, 16, fps) as encoder:
        encoder.send(gradient(16, 16))
    assert aivc.Decoder(b"".join(encoder)).fps == fraction


def test_colors_of_420_are_described_in_the_stream() -> None:
    frame = gradient(32, 32)
    limited = stream_of([frame], pixel_format="yuv420", color="bt709", quality=63)
    full = stream_of([frame], pixel_format="yuv420", color_range="full", quality=63)
    for stream in (limited, full):
        (decoded,) = aivc.Decoder(stream)
        assert aivc.psnr(frame, decoded).pooled > 25
    (planes,) = aivc.Decoder(limited, output="yuv420")
    # Coding may go a little beyond the range.
    assert planes.y.min() >= 13 and planes.y.max() <= 238


def test_bytes_paths_and_file_objects_decode_alike(tmp_path: Path) -> None:
    stream = stream_of([gradient(40, 56, shift) for shift in range(2)])
    path = tmp_path / "in.aivc"
    path.write_bytes(stream)
    expected = list(aivc.Decoder(stream))
    with path.open("rb") as file:
        sources: list[Any] = [bytearray(stream), path, str(path), io.BytesIO(stream), file]
        for source in sources:
            for frame, other in zip(expected, aivc.Decoder(source)):
                np.testing.assert_array_equal(frame, other)
        assert not file.closed


def test_properties_of_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "in.aivc"
    path.write_bytes(stream_of([gradient(40, 56, shift) for shift in range(2)]))
    with aivc.Decoder(path) as decoder:
        assert (decoder.width, decoder.height, decoder.frame_count) == (56, 40, 2)
        assert decoder.model_name == aivc.models()[0].name
        assert decoder.index == "not-reached"
        numbers = [decoder.frame_number for _ in decoder]
        assert (numbers, decoder.index) == ([0, 1], "complete")
    with pytest.raises(aivc.InvalidArgumentError, match="finished"):
        next(decoder)


def test_damage_is_raised_and_iterating_goes_on_after_it() -> None:
    frames = [gradient(64, 64, shift) for shift in range(3)]
    # All intra: no other frame hangs on the damaged one.
    stream = bytearray(stream_of(frames, model="hyperprior-small"))
    sound = list(aivc.Decoder(stream))
    stream[len(stream) // 2] ^= 0xFF
    decoder = aivc.Decoder(stream)
    np.testing.assert_array_equal(next(decoder), sound[0])
    with pytest.raises(aivc.StreamError, match="packet 1"):
        next(decoder)
    np.testing.assert_array_equal(next(decoder), sound[2])
    assert decoder.damaged == 1

    skipping = aivc.Decoder(stream, damage="skip")
    assert [skipping.frame_number for _ in skipping] == [0, 2]
    assert skipping.damaged == 1


def test_a_stream_cut_off_anywhere_is_an_error_or_shorter() -> None:
    stream = stream_of([gradient(16, 16, shift) for shift in range(2)])
    for length in range(len(stream)):
        try:
            decoder = aivc.Decoder(stream[:length], damage="skip")
        except aivc.StreamError:
            continue
        frames = list(decoder)
        assert len(frames) <= 2
        assert decoder.index in ("missing", "damaged")


def test_a_file_object_that_fails_raises_its_own_exception() -> None:
    class Failing(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        aivc.Decoder(Failing())


@pytest.mark.parametrize("data", [b"\0" * 10**6, "text", None])
def test_a_file_object_that_returns_anything_else_is_refused(data: Any) -> None:
    class Strange:
        def read(self, size: int) -> Any:
            return data

    with pytest.raises((aivc.AivcError, TypeError)):
        aivc.Decoder(Strange())


def test_a_session_that_is_in_use_refuses_instead_of_waiting() -> None:
    class Reentrant:
        decoder: Any = None
        stream = io.BytesIO(stream_of([gradient(256, 256)], quality=63) * 1)

        def read(self, size: int) -> bytes:
            if self.decoder is not None:
                next(self.decoder)
            return self.stream.read(min(size, 200))

    source = Reentrant()
    source.decoder = aivc.Decoder(source)
    with pytest.raises(aivc.InvalidArgumentError, match="in use"):
        next(source.decoder)


def test_other_threads_run_while_a_frame_is_coded(monkeypatch: pytest.MonkeyPatch) -> None:
    interval = sys.getswitchinterval()
    ticks, stop = [0], threading.Event()

    def tick() -> None:
        while not stop.is_set():
            time.sleep(0.001)
            ticks[0] += 1

    encoder, frame = aivc.Encoder(640, 360, 25), gradient(360, 640)
    thread = threading.Thread(target=tick)
    thread.start()
    # Now a thread gets the interpreter only from one that lets go of it by itself.
    sys.setswitchinterval(1000)
    try:
        before = ticks[0]
        encoder.send(frame)
        after = ticks[0]
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()
    assert after > before


def test_weights_can_come_from_memory_and_must_fit_the_stream() -> None:
    with pytest.raises(aivc.ModelError):
        aivc.Model.from_bytes(b"no weights")
    with pytest.raises(aivc.InvalidArgumentError, match="backend"):
        aivc.Model(backend="abacus")
    stream = stream_of([gradient(16, 16)])
    (frame,) = aivc.Decoder(stream, model=aivc.Model())
    assert frame.shape == (16, 16, 3)


def test_models_describe_themselves() -> None:
    (first, *_) = aivc.models()
    model = aivc.Model(first.name)
    assert (model.name, model.family, model.hash) == (first.name, first.family, first.hash)
    assert first.quality_levels == 64 and first.parameters > 1000 and first.bytes > 1000
    assert first.decoder_kmac_per_pixel > 0
    assert first.name in repr(model)
