"""The numbers that a model computes with where nobody chooses them, so that no processor adds them wrongly.

Without VNNI instructions an x86 processor adds two products of 8-bit numbers in 16 bits, which saturate: translations
get worse and their scores fall. Weights of seven bits avoid that as fast; float32 does where a model has no int8
weights (`python -m tests.benchmarks.precision` compares them).
"""

from __future__ import annotations

import os
import platform
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ctranslate2

from mtpipe.errors import ModelError
from mtpipe.models import ct2_weights

_CPUINFO = Path("/proc/cpuinfo")
_VNNI = frozenset(("avx512_vnni", "avx_vnni"))
# What keeps the libraries from instructions that the processor has: values that rule VNNI out.
_LIMITS = {
    "ONEDNN_MAX_CPU_ISA": ("SSE41", "AVX", "AVX2", "AVX512_CORE"),
    "DNNL_MAX_CPU_ISA": ("SSE41", "AVX", "AVX2", "AVX512_CORE"),
    "MKL_ENABLE_INSTRUCTIONS": ("SSE4_2", "AVX", "AVX2", "AVX512"),
}


SEVEN_BITS = "int8 (7-bit weights)"


def load(folder: Path, device: str, compute_type: str, **workers: Any) -> tuple[ctranslate2.Translator, str]:
    """The CTranslate2 model in folder and the compute type chosen for it; compute_type: "auto" or one of the library.

    Raises RuntimeError, ValueError or OSError for a folder that can't be loaded.
    """
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
        if device == "cpu" and not adds_int8_exactly():
            compute_type = "float32"
            if files := _with_seven_bits(folder):
                model = ctranslate2.Translator(str(folder), device=device, compute_type="int8", files=files, **workers)
                return model, SEVEN_BITS
    model = ctranslate2.Translator(str(folder), device=device, compute_type=compute_type, **workers)
    return model, model.compute_type


def _with_seven_bits(folder: Path) -> dict[str, Any]:
    """The files of a model, its int8 weights cut; none where it has no such weights or is not as we know it."""
    try:
        weights = bytearray((folder / "model.bin").read_bytes())
        is_cut = ct2_weights.cut_to_seven_bits(ct2_weights.arrays(weights, str(folder / "model.bin")))
    except (OSError, ModelError, ValueError, KeyError, struct.error):  # for the library to say what is wrong with it
        return {}
    others = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "model.bin"}
    return others | {"model.bin": bytes(weights)} if is_cut else {}


def adds_int8_exactly(
    machine: str = platform.machine(), cpuinfo: Path = _CPUINFO, environment: Mapping[str, str] = os.environ
) -> bool:
    """Whether products of int8 are summed without saturation; False for an x86 processor that says nothing of itself.

    Other processors (ARM) add them in 32 bits.
    """
    if machine.lower() not in ("x86_64", "amd64", "i386", "i686", "x86"):
        return True
    if any(environment.get(name, "").upper() in values for name, values in _LIMITS.items()):
        return False
    try:
        flags = re.search(r"^flags\s*:(.*)$", cpuinfo.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    except OSError:
        return False
    return flags is not None and not _VNNI.isdisjoint(flags[1].split())
