"""Parses an ONNX file as a TensorRT network with the types of the file, and checks that it computes in FP16."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge.ages.tensorrt.description import AGE_PROBS, IMAGES, TensorDescription, describe_network
from edge.errors import RunError, UsageError
from edge.language.words import words

if TYPE_CHECKING:
    from edge.ages.tensorrt.library import Library


@dataclass(frozen=True)
class ParsedNetwork:
    """A network with the objects that must live as long: the parser owns the weights."""

    builder: Any
    network: Any
    parser: Any

    @property
    def layers(self) -> list[Any]:
        return [self.network.get_layer(index) for index in range(self.network.num_layers)]


def parse_network(library: Library, onnx: bytes, name: str) -> ParsedNetwork:
    """Parse an ONNX file. onnx: its content. name: the file's name in errors.

    Raises UsageError when it cannot be parsed or has other inputs or outputs than the age model, RunError when a
    convolution computes in anything but FP16 or the library does not work on this machine.
    """
    trt = library.trt
    builder = library.make("Builder")
    # From release 11 on, every network is strongly typed; before, the types of the file are only a hint.
    typed = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    network = builder.create_network(0 if typed is None else 1 << int(typed))
    parser = trt.OnnxParser(network, library.logger)
    if not parser.parse(onnx):
        what = ": ".join(parser.get_error(0).desc().splitlines()[:2]) if parser.num_errors else library.last_error
        raise UsageError(
            words(
                "{library} cannot read {name}: {problem}; export it with edge-export",
                library=library.name,
                name=name,
                problem=what,
            )
        )
    _require_contract(network, name)
    parsed = ParsedNetwork(builder, network, parser)
    _require_half_precision(trt, parsed, name)
    return parsed


def half_convolutions(trt: Any, parsed: ParsedNetwork) -> dict[str, bool]:
    """By name of each convolution: whether its input and output are FP16 in the parsed network."""
    convolutions = [layer for layer in parsed.layers if layer.type == trt.LayerType.CONVOLUTION]
    half = trt.DataType.HALF
    return {layer.name: layer.get_input(0).dtype == layer.get_output(0).dtype == half for layer in convolutions}


def _require_contract(network: Any, name: str) -> None:
    found = describe_network(network, ())
    if not found.fulfils_contract():
        raise UsageError(
            words(
                "{name} takes {inputs} and gives {outputs}, not {images} and {ages}: export it with edge-export",
                name=name,
                inputs=_text(found.inputs),
                outputs=_text(found.outputs),
                images=_text((IMAGES,)),
                ages=_text((AGE_PROBS,)),
            )
        )


def _text(tensors: tuple[TensorDescription, ...]) -> str:
    return ", ".join(f"{tensor.dtype} {tensor.name} {tensor.shape}" for tensor in tensors) or words("nothing")


def _require_half_precision(trt: Any, parsed: ParsedNetwork, name: str) -> None:
    precise = half_convolutions(trt, parsed)
    if not precise:
        raise RunError(
            words("{name} has no convolutions, so it is not an age model: export it with edge-export bundle", name=name)
        )
    for convolution, is_half in precise.items():
        if not is_half:
            raise RunError(
                words(
                    "convolution {convolution} of {name} does not compute in FP16: export it with edge-export bundle",
                    convolution=convolution,
                    name=name,
                )
            )
