"""Whole files: encode, decode, evaluate."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aivc
from conftest import gradient, stream_of, write_y4m


def test_a_file_decodes_to_the_frames_that_the_decoder_gives(
    walkway_y4m: Path, tmp_path: Path
) -> None:
    stream, decoded = tmp_path / "out.aivc", tmp_path / "out.yuv"
    summary = aivc.encode(walkway_y4m, stream, quality=40)
    assert (summary.frames, summary.bytes) == (3, stream.stat().st_size)
    assert summary.duration_seconds == pytest.approx(3 * 1001 / 30000)

    result = aivc.decode(stream, decoded, strict=True)
    assert (result.frames, result.damaged, result.errors, result.index) == (3, 0, (), "complete")
    frames = list(aivc.Decoder(stream, output="yuv420"))
    samples = b"".join(plane.tobytes() for frame in frames for plane in frame)
    assert decoded.read_bytes() == samples


def test_the_command_makes_the_same_stream(walkway_y4m: Path, tmp_path: Path) -> None:
    ours, commands = tmp_path / "ours.aivc", tmp_path / "commands.aivc"
    aivc.encode(walkway_y4m, ours, quality=20, frames=1)
    command = [sys.executable, "-m", "aivc", "encode", str(walkway_y4m), "-o", str(commands)]
    subprocess.run([*command, "--quality", "20", "--frames", "1"], check=True)
    assert ours.read_bytes() == commands.read_bytes()


def test_a_stream_does_not_depend_on_threads(walkway_y4m: Path, tmp_path: Path) -> None:
    paths = [tmp_path / "1.aivc", tmp_path / "2.aivc"]
    for threads, path in enumerate(paths, start=1):
        aivc.encode(walkway_y4m, path, frames=1, threads=threads)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_effort_finds_other_bytes_that_decode(walkway_y4m: Path, tmp_path: Path) -> None:
    streams = []
    for effort in (0, 2):
        path = tmp_path / f"{effort}.aivc"
        aivc.encode(walkway_y4m, path, effort=effort, frames=1, model="hyperprior-small")
        assert len(list(aivc.Decoder(path))) == 1
        streams.append(path.read_bytes())
    assert streams[0] != streams[1]


def test_quality_and_model_are_those_asked_for(walkway_y4m: Path, tmp_path: Path) -> None:
    model = aivc.Model(aivc.models()[0].name)
    sizes = []
    for quality in (8, 56):
        path = tmp_path / f"{quality}.aivc"
        aivc.encode(walkway_y4m, path, quality, frames=1, model=model)
        sizes.append(path.stat().st_size)
        assert aivc.Decoder(path).weights_hash == model.hash
    assert sizes[0] < sizes[1]


def test_refined_frames_have_their_size_and_enlarged_ones_twice(
    walkway_y4m: Path, tmp_path: Path
) -> None:
    stream = tmp_path / "in.aivc"
    aivc.encode(walkway_y4m, stream, frames=1)

    def shown(**options: Any) -> bytes:
        path = tmp_path / "out.yuv"
        aivc.decode(stream, path, **options)
        return path.read_bytes()

    decoded, refined, enlarged = shown(), shown(refine=True), shown(upscale=2)
    assert refined == shown(refine="refine-small")
    assert refined != decoded == shown(refine="plain")
    assert enlarged != shown(refine="plain", upscale=2)
    assert (len(refined), len(enlarged)) == (len(decoded), 4 * len(decoded))

    decoder = aivc.Decoder(stream, output="yuv420", upscale=2)
    assert (decoder.width, decoder.height) == (1120, 640)
    (frame,) = decoder
    assert b"".join(plane.tobytes() for plane in frame) == enlarged


def test_refinements_of_another_size_and_of_other_videos_are_refused(
    walkway_y4m: Path, tmp_path: Path
) -> None:
    stream, output = tmp_path / "in.aivc", tmp_path / "out.y4m"
    stream.write_bytes(stream_of([gradient(32, 32)]))
    with pytest.raises(aivc.ModelError, match="at 2 times"):
        aivc.decode(stream, output, refine="upscale-small")
    with pytest.raises(aivc.ModelError, match="refine-small"):
        aivc.Decoder(stream, refine="nothing")
    with pytest.raises(aivc.InvalidArgumentError, match="upscale is 3"):
        aivc.Decoder(stream, upscale=3)
    with pytest.raises(aivc.InvalidArgumentError, match="leave them out"):
        aivc.evaluate(walkway_y4m, walkway_y4m, refine=True)
    assert list(tmp_path.iterdir()) == [stream]


def test_evaluation_compares_what_is_shown(walkway_y4m: Path, tmp_path: Path) -> None:
    stream = tmp_path / "in.aivc"
    aivc.encode(walkway_y4m, stream, frames=1)
    compare = partial(aivc.evaluate, walkway_y4m, stream, frames=1, timed_encodings=0)
    assert compare().quality.psnr == compare(refine="plain").quality.psnr
    assert compare().quality.psnr != compare(refine=True).quality.psnr
    with pytest.raises(aivc.InvalidArgumentError, match="1120x640"):
        compare(upscale=2)


def test_raw_video_is_read_as_described(tmp_path: Path) -> None:
    raw, stream = tmp_path / "in.yuv", tmp_path / "out.aivc"
    raw.write_bytes(np.full((16 * 32 * 3 // 2) * 2, 512, np.uint16).tobytes())
    with pytest.raises(aivc.InvalidArgumentError, match="size"):
        aivc.encode(raw, stream)
    aivc.encode(raw, stream, size=(32, 16), bit_depth=10, fps="30000/1001")
    decoder = aivc.Decoder(stream)
    assert (decoder.width, decoder.height, decoder.bit_depth) == (32, 16, 10)
    assert (decoder.fps.numerator, decoder.fps.denominator) == (30000, 1001)
    assert decoder.frame_count == 2


def test_a_frame_rate_that_the_file_contradicts_is_refused(
    walkway_y4m: Path, tmp_path: Path
) -> None:
    with pytest.raises(aivc.InvalidArgumentError, match="30000/1001"):
        aivc.encode(walkway_y4m, tmp_path / "out.aivc", fps=50)


def test_progress_is_told_after_every_frame(walkway_y4m: Path, tmp_path: Path) -> None:
    stream = tmp_path / "out.aivc"
    told: list[aivc.Progress] = []
    aivc.encode(walkway_y4m, stream, frames=2, lookahead=0, progress=told.append)
    assert [(each.frames, each.frames_expected) for each in told] == [(1, 2), (2, 2)]
    told.clear()
    # Frames that wait for those after them are not done.
    aivc.encode(walkway_y4m, stream, frames=2, progress=told.append)
    assert [each.frames for each in told] == [0, 0, 1, 2]
    told.clear()
    aivc.decode(stream, tmp_path / "out.y4m", progress=told.append)
    assert [each.frames for each in told] == [1, 2]


@pytest.mark.parametrize("call", ["encode", "decode", "evaluate"])
def test_an_exception_of_the_callback_comes_out_and_leaves_no_file(
    call: str, walkway_y4m: Path, tmp_path: Path
) -> None:
    def stop(progress: object) -> None:
        raise LookupError("stop here")

    stream, output = tmp_path / "in.aivc", tmp_path / "out"
    aivc.encode(walkway_y4m, stream, frames=2)
    with pytest.raises(LookupError, match="stop here"):
        if call == "encode":
            aivc.encode(walkway_y4m, output, progress=stop)
        elif call == "decode":
            aivc.decode(stream, output.with_suffix(".y4m"), progress=stop)
        else:
            aivc.evaluate(walkway_y4m, stream, progress=stop)
    assert list(tmp_path.iterdir()) == [stream]


def test_a_missing_file_is_that_in_every_way(tmp_path: Path) -> None:
    path = tmp_path / "none.y4m"
    for error in (aivc.MissingFileError, FileNotFoundError, OSError, aivc.AivcError):
        with pytest.raises(error) as caught:
            aivc.encode(path, tmp_path / "out.aivc")
    assert isinstance(caught.value, aivc.MissingFileError)
    assert caught.value.errno == 2
    assert Path(caught.value.filename) == path
    with pytest.raises(aivc.MissingFileError):
        aivc.Decoder(path)


def test_a_folder_that_is_not_there_cannot_be_written_to(
    walkway_y4m: Path, tmp_path: Path
) -> None:
    with pytest.raises(aivc.InputOutputError):
        aivc.encode(walkway_y4m, tmp_path / "none" / "out.aivc")


def test_what_is_no_stream_is_refused_as_one(walkway_y4m: Path, tmp_path: Path) -> None:
    with pytest.raises(aivc.StreamError, match="not an .aivc stream"):
        aivc.decode(walkway_y4m, tmp_path / "out.y4m")
    with pytest.raises(aivc.InvalidArgumentError, match="extension"):
        stream = tmp_path / "in.aivc"
        stream.write_bytes(stream_of([gradient(16, 16)]))
        aivc.decode(stream, tmp_path / "out.txt")


def test_arguments_out_of_range_name_the_limit(walkway_y4m: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.aivc"
    for quality in (-1, 64, 10**30):
        with pytest.raises(ValueError, match="0 to 63"):
            aivc.encode(walkway_y4m, output, quality)
    with pytest.raises(aivc.InvalidArgumentError, match="threads is 0"):
        aivc.encode(walkway_y4m, output, threads=0)
    with pytest.raises(aivc.InvalidArgumentError, match="frames is 0"):
        aivc.encode(walkway_y4m, output, frames=0)
    with pytest.raises(aivc.ModelError, match="no model"):
        aivc.encode(walkway_y4m, output, model="no-such-model")
    with pytest.raises(TypeError):
        aivc.encode(walkway_y4m, output, quality=32.5)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_damage_is_repeated_over_or_refused(walkway_y4m: Path, tmp_path: Path) -> None:
    stream, output = tmp_path / "in.aivc", tmp_path / "out.yuv"
    # All intra: no other frame hangs on the damaged one.
    aivc.encode(walkway_y4m, stream, model="hyperprior-small")
    data = bytearray(stream.read_bytes())
    data[len(data) // 2] ^= 0xFF
    stream.write_bytes(data)
    summary = aivc.decode(stream, output)
    assert (summary.frames, summary.damaged, summary.repeated) == (3, 1, 1)
    assert "packet 1" in summary.errors[0]
    assert output.stat().st_size == 3 * 560 * 320 * 3 // 2
    output.unlink()
    with pytest.raises(aivc.StreamError, match="packet 1"):
        aivc.decode(stream, output, strict=True)
    assert not output.exists()


def test_an_evaluation_holds_the_figures_of_a_direct_comparison(
    walkway: list[aivc.YuvPlanes], walkway_y4m: Path, tmp_path: Path
) -> None:
    stream = tmp_path / "out.aivc"
    aivc.encode(walkway_y4m, stream, quality=30, lookahead=0)
    report = aivc.evaluate(walkway_y4m, stream, per_frame=True, timed_encodings=1)
    assert (report.frames, report.width, report.height) == (3, 560, 320)
    assert (report.pixel_format, report.bit_depth) == ("yuv420", 8)
    assert report.stream is not None and report.rate is not None
    # Keyframes are sixteen levels better.
    assert (report.stream.quality_lowest, report.stream.quality_highest) == (30, 46)
    assert report.rate.bytes == stream.stat().st_size
    assert report.rate.bits_per_pixel == pytest.approx(report.rate.bytes * 8 / (3 * 560 * 320))

    decoded = list(aivc.Decoder(stream, output="yuv420"))
    luma = [aivc.psnr(a, b).planes[0] for a, b in zip(walkway, decoded)]
    assert [frame.quality.psnr_y for frame in report.per_frame] == luma
    assert report.quality.psnr_y == pytest.approx(np.mean(luma))
    assert report.quality.psnr == report.quality.psnr_avg611
    assert report.quality.psnr_rgb is None
    assert report.quality.ssim is not None and 0.5 < report.quality.ssim <= 1
    assert report.rate.payload_bytes is not None and report.rate.estimated_bits is not None
    assert 0.95 < report.rate.estimated_bits / (8 * report.rate.payload_bytes) <= 1
    assert report.speed.encode_stages is not None and report.speed.decode_stages is not None
    assert report.speed.decode_stages.entropy_ms > 0


def test_every_other_frame_is_measured_as_people_see_it(
    walkway: list[aivc.YuvPlanes], walkway_y4m: Path, tmp_path: Path
) -> None:
    darker = tmp_path / "darker.y4m"
    others = [aivc.YuvPlanes(f.y - f.y // 16, f.u, f.v) for f in walkway]
    write_y4m(darker, others)
    report = aivc.evaluate(walkway_y4m, darker, per_frame=True, perceptual_every=2)
    direct = [aivc.ssimulacra2(a, b) for a, b in zip(walkway, others)]
    scores = [frame.quality.ssimulacra2 for frame in report.per_frame]
    assert scores == [direct[0], None, direct[2]]
    measured = [score for score in scores if score is not None]
    assert report.quality.ssimulacra2 == pytest.approx(np.mean(measured))
    assert report.quality.lpips is None
    with pytest.raises(aivc.MissingFileError):
        aivc.evaluate(walkway_y4m, darker, perceptual_every=1, lpips=tmp_path / "none")


def test_videos_of_other_codecs_are_evaluated_too(
    walkway: list[aivc.YuvPlanes], walkway_y4m: Path, tmp_path: Path
) -> None:
    darker = tmp_path / "darker.y4m"
    write_y4m(darker, [aivc.YuvPlanes(f.y - f.y // 16, f.u, f.v) for f in walkway])
    report = aivc.evaluate(walkway_y4m, darker)
    assert report.stream is None
    assert report.quality.psnr_u == 100.0
    with pytest.raises(aivc.InvalidArgumentError, match="ends after 1"):
        write_y4m(darker, walkway[:1])
        aivc.evaluate(walkway_y4m, darker)


def test_a_damaged_stream_is_not_evaluated(walkway_y4m: Path, tmp_path: Path) -> None:
    stream = tmp_path / "out.aivc"
    aivc.encode(walkway_y4m, stream, frames=2)
    stream.write_bytes(stream.read_bytes()[:-100])
    with pytest.raises(aivc.StreamError):
        aivc.evaluate(walkway_y4m, stream)
