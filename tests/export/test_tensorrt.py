"""Real engines, built without a GPU; networks that are not all FP16 are rejected."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge.ages.bundle import CPU_MODEL, GPU_MODEL, MANIFEST
from edge.ages.tensorrt.description import EngineDescription, describe_network
from edge.ages.tensorrt.engine import PROFILE_BATCHES, build_engine, load_engine
from edge.ages.tensorrt.library import Library, find_rtx
from edge.ages.tensorrt.network import half_convolutions, parse_network
from edge.errors import RunError, UsageError
from edge.vision.crop import CROP_CONTRACT
from export.cli import main
from tests.gpu.table import flops_per_face

pytestmark = pytest.mark.slow

RECORDED = Path(__file__).parents[1] / "edge" / "ages" / "tensorrt" / "engine.json"


@pytest.fixture(scope="module")
def rtx() -> Library:
    """TensorRT for RTX, whose builder needs no GPU; it exists only for x86-64."""
    try:
        return find_rtx()
    except UsageError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def from_elsewhere(half_onnx: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle from another machine; only its age.onnx is used here."""
    folder = tmp_path_factory.mktemp("bundle")
    contents = {CPU_MODEL: b"not used", GPU_MODEL: half_onnx.read_bytes()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    manifest = {
        "name": "small", "version": "1", "crop_contract": CROP_CONTRACT, "decode": "", "use": "tests", "sources": [],
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        "test_error_years": {}, "thresholds": [], "made_with": {},
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


class EdgeExport(Protocol):
    """Runs `edge-export`; returns the exit code and all output."""

    def __call__(self, *words: object) -> tuple[int, str]: ...


@pytest.fixture
def edge_export(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> EdgeExport:
    """Runs `edge-export`; returns the exit code and all output."""

    def run(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["edge-export", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def test_every_convolution_of_the_parsed_network_is_fp16(rtx: Library, half_onnx: Path) -> None:
    parsed = parse_network(rtx, half_onnx.read_bytes(), half_onnx.name)
    assert list(half_convolutions(rtx.trt, parsed).values()) == [True] * 53
    assert parsed.network.get_flag(rtx.trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)


def test_the_operations_per_face_are_those_of_a_resnet50_on_the_face_and_its_mirror_image(
    rtx: Library, half_onnx: Path
) -> None:
    """1.076 billion multiplications and as many additions for each, at 112 pixels; the GPU's table uses this number."""
    assert flops_per_face(rtx, half_onnx) == pytest.approx(2 * 2 * 1.076e9, rel=0.001)


def test_the_recorded_description_matches_the_network(rtx: Library, half_onnx: Path) -> None:
    parsed = parse_network(rtx, half_onnx.read_bytes(), half_onnx.name)
    recorded = EngineDescription.model_validate_json(RECORDED.read_bytes())
    assert describe_network(parsed.network, PROFILE_BATCHES) == recorded


def test_a_float_network_is_rejected_at_its_first_convolution(rtx: Library, float_onnx: Path) -> None:
    first = next(node.name for node in onnx.load(float_onnx).graph.node if node.op_type == "Conv")
    with pytest.raises(RunError, match=f"^convolution {first} of float.onnx does not compute in FP16"):
        build_engine(rtx, float_onnx.read_bytes(), float_onnx.name, capability="8.9")


def test_a_single_float_convolution_is_found(rtx: Library, half_onnx: Path) -> None:
    network = onnx.load(half_onnx)
    name = _make_float(network, 30)
    with pytest.raises(RunError, match=f"^convolution {name} of age.onnx does not compute in FP16"):
        build_engine(rtx, network.SerializeToString(), "age.onnx", capability="8.9")


@pytest.mark.parametrize("content", [b"", b"not ONNX at all"])
def test_a_file_that_is_not_onnx_is_rejected(rtx: Library, content: bytes) -> None:
    with pytest.raises(UsageError, match=r"age\.onnx.*export it with edge-export"):
        parse_network(rtx, content, "age.onnx")


def test_a_network_with_another_input_is_rejected(rtx: Library) -> None:
    pixels, ages = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 101]) for name in ("pixels", "ages")
    )
    graph = helper.make_graph([helper.make_node("Relu", ["pixels"], ["ages"])], "other", [pixels], [ages])
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()
    with pytest.raises(UsageError) as error:
        parse_network(rtx, content, "other.onnx")
    assert str(error.value) == (
        "other.onnx takes FLOAT pixels (-1, 101) and gives FLOAT ages (-1, 101), not UINT8 images (-1, 224, 224, 3) "
        "and FLOAT age_probs (-1, 101): export it with edge-export"
    )


def test_a_second_build_gives_the_same_engine_and_another_gpu_another_engine(rtx: Library, half_onnx: Path) -> None:
    def build(capability: str) -> bytes:
        return build_engine(rtx, half_onnx.read_bytes(), "age.onnx", capability=capability, batches=(1,)).engine

    assert build("8.9") == build("8.9") != build("8.6")


@pytest.mark.parametrize("capability", ["8.7", "9.0", "89", "CURRENT"])
def test_an_unsupported_compute_capability_is_reported_with_the_supported_ones(rtx: Library, capability: str) -> None:
    with pytest.raises(
        UsageError, match=rf"does not build for compute capability {capability}, only for 7\.5, 8\.0, 8\.6"
    ):
        build_engine(rtx, b"", "age.onnx", capability=capability)


def test_plain_tensorrt_builds_only_for_this_boxs_own_gpu(rtx: Library) -> None:
    tensorrt = Library(rtx.trt, rtx=False, version="10.3.0", logger=rtx.logger)
    with pytest.raises(UsageError, match=r"^TensorRT 10\.3\.0 builds for this box's own GPU only, not for .* 8\.9: "):
        build_engine(tensorrt, b"", "age.onnx", capability="8.9")


def test_a_damaged_engine_does_not_load(rtx: Library) -> None:
    assert load_engine(rtx, b"damaged") is None


def test_engines_for_two_kinds_of_gpu_are_built_without_a_gpu(
    rtx: Library, from_elsewhere: Path, tmp_path: Path, edge_export: EdgeExport
) -> None:
    code, printed = edge_export("engine", from_elsewhere, "--compute-capability", "8.6", "8.9", "--out", tmp_path)
    assert code == 0, printed
    onnx_hash = hashlib.sha256((from_elsewhere / GPU_MODEL).read_bytes()).hexdigest()[:12]
    keys = [f"{onnx_hash}_tensorrt-for-rtx-{rtx.version}_any_{capability}" for capability in ("8.6", "8.9")]
    for key, line in zip(keys, printed.splitlines(), strict=True):
        assert line.startswith(f"{tmp_path / key}.engine: ")
        assert line.endswith(f" s, key {key}")
        assert (tmp_path / f"{key}.engine").stat().st_size > 40e6
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--out", "engines"], "--compute-capability and --out go together"),
        (["--compute-capability", "8.9"], "--compute-capability and --out go together"),
        (["--compute-capability", "8.9", "--out", "a", "--cache", "b"], "--cache is for this box's own engine"),
    ],
)
def test_no_flag_is_silently_ignored(tmp_path: Path, edge_export: EdgeExport, flags: list[str], message: str) -> None:
    code, printed = edge_export("engine", tmp_path, *flags)
    assert code == 2
    assert printed.startswith(f"edge-export: {message}")
    assert len(printed.splitlines()) == 1


def test_an_unwritable_folder_gives_one_line_and_exit_code_1(
    rtx: Library, from_elsewhere: Path, tmp_path: Path, edge_export: EdgeExport
) -> None:
    (tmp_path / "file").touch()
    code, printed = edge_export("engine", from_elsewhere, "--compute-capability", "8.9", "--out", tmp_path / "file")
    assert code == 1
    assert printed.startswith(f"edge-export: cannot write {tmp_path / 'file'}")
    assert len(printed.splitlines()) == 1


def test_this_boxs_own_engine_needs_a_gpu(
    rtx: Library, from_elsewhere: Path, tmp_path: Path, edge_export: EdgeExport
) -> None:
    code, printed = edge_export("engine", from_elsewhere, "--cache", tmp_path)
    if code == 0:
        pytest.skip("there is a GPU; tests/gpu checks the engine")
    assert code == 2
    assert printed.startswith("edge-export: no NVIDIA GPU can be used here (cudaGetDeviceCount failed: cudaError")
    assert len(printed.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_building_an_engine_needs_neither_pytorch_nor_onnx() -> None:
    code = "import sys, export.cli, export.tensorrt; print({'torch', 'onnx', 'onnxscript'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def _make_float(network: onnx.ModelProto, index: int) -> str:
    """Make one convolution compute in float32, between casts. Returns its name."""
    graph = network.graph
    convolution = [node for node in graph.node if node.op_type == "Conv"][index]
    weights = {value.name: value for value in graph.initializer}
    before = []
    for position, name in enumerate(convolution.input):
        if name in weights:
            exact = numpy_helper.to_array(weights[name]).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(exact, f"{name}_exact"))
        else:
            before.append(helper.make_node("Cast", [name], [f"{name}_exact"], f"cast_{name}", to=TensorProto.FLOAT))
        convolution.input[position] = f"{name}_exact"
    output = convolution.output[0]
    convolution.output[0] = f"{output}_exact"
    after = helper.make_node("Cast", [f"{output}_exact"], [output], f"cast_{output}", to=TensorProto.FLOAT16)
    place = list(graph.node).index(convolution)
    nodes = [*graph.node[:place], *before, convolution, after, *graph.node[place + 1 :]]
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)
    return copies[place + len(before)].name
