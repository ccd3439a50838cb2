import shutil
import struct

import numpy as np
import pytest

from mtpipe.document.segment import Segment
from mtpipe.errors import ModelError
from mtpipe.models import ct2_weights, registry
from mtpipe.mt import compute_types
from mtpipe.mt.compute_types import adds_int8_exactly
from mtpipe.mt.ct2 import CTranslate2Translator


def cpuinfo(folder, flags):
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\nmodel name\t: some processor\nflags\t\t: fpu {flags} nopl\nbugs\t: avx_vnni\n")
    return path


@pytest.mark.parametrize(("flags", "is_exact"), [
    ("avx2 avx_vnni", True),
    ("avx2 avx512f avx512bw avx512_vnni", True),
    ("avx2 fma", False),
    ("avx2 avx512f avx512bw", False),
    ("sse4_1", False),
])  # fmt: skip
def test_int8_is_exact_with_vnni_only(tmp_path, flags, is_exact):
    assert adds_int8_exactly("x86_64", cpuinfo(tmp_path, flags), {}) is is_exact


@pytest.mark.parametrize(("name", "value", "is_exact"), [
    ("ONEDNN_MAX_CPU_ISA", "AVX2", False),
    ("ONEDNN_MAX_CPU_ISA", "avx512_core", False),
    ("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_VNNI", True),
    ("MKL_ENABLE_INSTRUCTIONS", "AVX512", False),
    ("PATH", "AVX2", True),
])  # fmt: skip
def test_a_library_may_be_kept_from_vnni(tmp_path, name, value, is_exact):
    assert adds_int8_exactly("x86_64", cpuinfo(tmp_path, "avx512_vnni"), {name: value}) is is_exact


def test_other_machines(tmp_path):
    assert adds_int8_exactly("aarch64", tmp_path / "none", {})
    assert not adds_int8_exactly("AMD64", tmp_path / "none", {})  # says nothing of itself


def test_the_adapter_takes_what_suits_and_what_it_is_told_to(model_folder):
    # the hand-made model has float32 weights
    expected = "int8_float32" if adds_int8_exactly() else "float32"
    assert CTranslate2Translator(model_folder).compute_type == expected
    assert CTranslate2Translator(model_folder, compute_type="float32").compute_type == "float32"


def test_without_vnni_int8_weights_are_cut_to_seven_bits(monkeypatch):
    folder, segments = registry.find("en", "de").folder, [Segment("1", "Open the table and select a cell.")]
    (exact,) = CTranslate2Translator(folder, compute_type="float32").translate(segments)
    monkeypatch.setattr(compute_types, "adds_int8_exactly", lambda: False)
    translator = CTranslate2Translator(folder)
    (draft,) = translator.translate(segments)
    assert translator.compute_type == compute_types.SEVEN_BITS and draft.text == exact.text
    assert draft.score == pytest.approx(exact.score, abs=0.1)


@pytest.mark.parametrize("weights", [b"nonsense", b"\x05\x00\x00\x00", b""])
def test_a_damaged_model_is_told_as_on_any_processor(model_folder, tmp_path, monkeypatch, weights):
    monkeypatch.setattr(compute_types, "adds_int8_exactly", lambda: False)
    broken = shutil.copytree(model_folder, tmp_path / "broken")
    (broken / "ct2" / "model.bin").write_bytes(weights)
    with pytest.raises(ModelError, match="broken: the model can't be loaded"):
        CTranslate2Translator(broken)


def test_weights_of_seven_bits_are_within_half_a_step_of_what_they_were():
    weights, scale = np.arange(-128, 128, dtype=np.int8).reshape(2, 128), np.array([100, 50], dtype=np.float32)
    arrays = {"w": weights.copy(), "w_scale": scale.copy(), "bias": np.ones(2, dtype=np.float32)}
    assert ct2_weights.cut_to_seven_bits(arrays)
    assert np.abs(arrays["w"]).max() <= 64 and (arrays["bias"] == 1).all()
    before, after = weights / scale[:, None], arrays["w"] / arrays["w_scale"][:, None]
    assert np.abs(before - after).max() <= 0.5 / arrays["w_scale"].min() + 1e-6
    assert not ct2_weights.cut_to_seven_bits({"w": weights, "bias": scale})  # int8 but not quantised


def test_a_model_file_of_another_version_or_cut_off_says_so(tmp_path):
    data = (registry.find("en", "de").folder / "ct2" / "model.bin").read_bytes()
    with pytest.raises(ModelError, match="model.bin: format version 7, 6 is expected; convert the model again"):
        ct2_weights.arrays(b"\x07" + data[1:], "model.bin")
    with pytest.raises((struct.error, ValueError)):
        ct2_weights.arrays(data[:100_000], "model.bin")
