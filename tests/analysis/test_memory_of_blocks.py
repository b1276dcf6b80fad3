"""Memory of blocks: what torch keeps of the emitted network in training, and tensors by name."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import pytest
import torch

from analysis.test_memory import kept_by_torch
from archdsl.analysis.memory import inference, training
from archdsl.api import check_text
from archdsl.ir.graph import Graph, Node
from archdsl.ir.layers.block import Block, joined_shape
from archdsl.ir.layers.layer import Layer, Shape, after_chain, every
from archdsl.ir.ops import Chain, Input
from backends import test_block_exits, test_blocks
from backends.networks import of_checked

WEIGHTS = "weighted, channel by channel, in a loop"  # torch also keeps the softmax of weights
CASES = {**test_blocks.CASES, **test_block_exits.CASES}


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"dropout", WEIGHTS}))
def test_training_is_what_torch_keeps(name: str) -> None:
    checked = check_text(CASES[name])
    network = of_checked(checked).network.float().train()
    images = torch.rand(1, 3, 8, 8)
    assert training(checked.graph) == kept_by_torch(lambda: network(images), network.state_dict())


FIRST = {
    "a gate of a pooled image": "{gate: [{pool: {to: 1}}, {conv: {width: 3, kernel: 1}}, sigmoid]}",
    "a gate without weights": "{gate: [sigmoid]}",
    "a residual": "{residual: [{conv: {width: 3}}, norm, relu]}",
    "a residual of activations": "{residual: [relu, gelu, silu]}",
    "an rms norm": "{residual: [{norm: {kind: rms}}, {conv: {width: 3}}]}",
    "branches with and without weights": "{parallel: [[relu], [{conv: {width: 4}}]], "
    "aggregate: concat}",
    "a block in a block": "{residual: [{gate: [sigmoid]}, {parallel: [[tanh], [relu]], "
    "aggregate: sum}]}",
    "a product": "{parallel: [[sigmoid], [tanh]], aggregate: product}",
    "outputs that nothing reads": "{block: {layers: 3, unit: [{conv: 3}, sigmoid], connect: entry, "
    "aggregate: sum, exit: last}}",
}
"""Blocks that are the first layer of a network, whose input needs no gradient."""


@pytest.mark.parametrize("name", FIRST)
@pytest.mark.parametrize("place", ["stem", "unit"])
def test_a_block_at_the_input_keeps_nothing_for_the_gradient_of_the_input(
    name: str, place: str
) -> None:
    first, conv = FIRST[name], "{conv: {width: 3}}"
    stem = f"stem: [{first}]\n" if place == "stem" else ""
    unit = f"[{conv}]" if place == "stem" else f"[{first}, {conv}]"
    text = (
        f"archdsl: 2\nname: net\ninput: [3, 8, 8]\n{stem}"
        f"stages: {{count: 1, layers: 2, unit: {unit}, connect: plain, aggregate: sum}}\n"
    )
    checked = check_text(text)
    network = of_checked(checked).network.float().train()
    images = torch.rand(1, 3, 8, 8)
    assert training(checked.graph) == kept_by_torch(lambda: network(images), network.state_dict())


Step = tuple[list[int], int, int]
"""Names of the tensors that are read, name and bytes of the one that is written."""


def peak_by_hand(layers: Sequence[Layer], shape: Shape) -> int:
    """The most bytes that exist while layers run one after another, with their input.

    Tensors are numbered in the order in which they are written.
    """
    steps: list[Step] = []

    def write(sources: list[int], shape: Shape) -> int:
        steps.append((sources, len(steps) + 1, 4 * prod(shape)))
        return len(steps)

    def run(layers: Sequence[Layer], name: int, shape: Shape) -> int:
        for layer in layers:
            if isinstance(layer, Block):
                name = run_block(layer, name, shape)
            elif not (layer.view or layer.training_only):
                name = write([name], layer.after(shape))
            shape = layer.after(shape)
        return name

    def run_block(block: Block, name: int, shape: Shape) -> int:
        names, shapes, total = [name], [shape], name
        for place, reads in enumerate([*block.reads, block.exit]):
            leaves = place == len(block.reads)
            operator = block.exit_operator if leaves else block.operator
            joined, source = shapes[reads[0]], names[reads[0]]
            if len(reads) > 1:
                joined = joined_shape(operator, [shapes[read] for read in reads])
                together = [names[read] for read in reads]
                source = total = write([total, names[-1]] if operator.running else together, joined)
            if leaves:
                return source
            names.append(run(block.parts[place], source, joined))
            shapes.append(after_chain(block.parts[place], joined))
        raise AssertionError

    return peak_of(steps, {0: 4 * prod(shape)}, run(layers, 0, shape))


def peak_of(steps: Sequence[Step], alive: dict[int, int], result: int) -> int:
    """The most bytes that exist, if a name is dropped as soon as nothing later reads it."""
    peak = 0
    for index, (_, name, size) in enumerate(steps):
        alive[name] = size
        peak = max(peak, sum(alive.values()))
        later = {source for sources, _, _ in steps[index + 1 :] for source in sources} | {result}
        alive = {name: size for name, size in alive.items() if name in later}
    return peak


@pytest.mark.parametrize("name", sorted(CASES))
def test_inference_holds_what_blocks_hold_inside(name: str) -> None:
    """Each unit alone, as a network of one layer; running joins of unequal widths are left out."""
    compared = 0
    for _, chain in check_text(CASES[name]).graph.chains():
        blocks = [layer for layer in every(chain.layers) if isinstance(layer, Block)]
        if not blocks or any(b.operator.running and not b.operator.adds for b in blocks):
            continue
        shape = blocks[0].shape
        unit = chain.layers[chain.layers.index(blocks[0]) :]
        nodes = [Node("x", Input(shape)), Node("y", Chain("y", unit), ("x",))]
        graph = Graph("g", {n.name: n for n in nodes}, (), None, (), None, "y")
        assert inference(graph) == peak_by_hand(unit, shape)
        compared += 1
    assert compared or "mixed" in CASES[name] or name == "a named unit among layers"


def test_inference_of_a_block_of_equal_maps() -> None:
    """The input waits for the sum while two maps of the residual exist beside it."""
    layers = ("{conv: {width: 4}}", "relu", "{conv: {width: 4}}")
    text = (
        "archdsl: 2\nname: net\ninput: [4, 8, 8]\nstages: {count: 1, layers: 1, connect: plain, "
        f"aggregate: sum, unit: [{{residual: [{', '.join(layers)}]}}]}}\n"
    )
    assert inference(check_text(text).graph) == 3 * 4 * 4 * 8 * 8
