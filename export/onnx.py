"""Write the age model as ONNX, by the contract: uint8 `images` in, float32 `age_probs` out, any batch size."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path

import onnx
import torch

from edge.vision.crop import CROP_PX
from train.model import AgeNetwork


def write_onnx(model: AgeNetwork, file: Path, *, half: bool = False) -> None:
    """Write `model` in float32, or with half-precision layers and weights. The folder of `file` must exist.

    The precision is part of the graph, so runtimes need no flag for it. Input and output types are the same for both.
    """
    model = copy.deepcopy(model).cpu().eval()
    model.fold()
    if half:
        model.half()
    example = torch.zeros((2, CROP_PX, CROP_PX, 3), dtype=torch.uint8)
    with warnings.catch_warnings():
        # The exporter itself uses deprecated torch functions and warns about them.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model,
            (example,),
            input_names=["images"],
            output_names=["age_probs"],
            dynamic_shapes={"images": {0: torch.export.Dim("batch", min=1, max=64)}},
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    proto = program.model_proto
    _drop_traces(proto)
    onnx.checker.check_model(proto)
    onnx.save(proto, file)


def _drop_traces(proto: onnx.ModelProto) -> None:
    """Remove the exporter's metadata: it contains source paths of this machine."""
    del proto.metadata_props[:]
    for part in (proto.graph, *proto.functions):
        for node in part.node:
            del node.metadata_props[:]
            node.doc_string = ""
        for value in (*part.value_info, *getattr(part, "initializer", ())):
            del value.metadata_props[:]
    for value in (*proto.graph.input, *proto.graph.output):
        del value.metadata_props[:]
    del proto.graph.metadata_props[:]
