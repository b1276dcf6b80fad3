"""A stage as one operator works with what people use around it, or steps aside with a reason."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, distributed, multiprocessing, nn
from torch.utils.checkpoint import checkpoint

from backends.networks import apart
from runtime.operators import (
    DENSE,
    assert_same,
    batch,
    gradients,
    network,
    obstacles,
    plain,
    spec,
    statistics,
)

BIASED = "[norm, relu, {conv: {width: 6, bias: true}}, norm, relu, {conv: {width: 4, kernel: 3}}]"
Step = Callable[[Any], None]


def both(step: Step) -> tuple[Any, Any]:
    """A network and its copy without operators, after the same step."""
    made = network()
    other = plain(made)
    for each in (made, other):
        step(each)
    return made, other


def test_the_graph_may_be_kept_for_a_second_backward_pass() -> None:
    def step(each: Any) -> None:
        loss = each(batch()).square().sum()
        loss.backward(retain_graph=True)
        loss.backward()

    assert_same(*both(step))


def test_two_forward_passes_before_a_backward_pass() -> None:
    def step(each: Any) -> None:
        (each(batch()) * each(batch() * 2)).sum().backward()

    assert_same(*both(step))


def test_gradients_accumulate() -> None:
    def step(each: Any) -> None:
        for factor in (1, 2, 3):
            each(batch() * factor).square().sum().backward()

    assert_same(*both(step))


@pytest.mark.parametrize("reentrant", [True, False])
def test_a_checkpoint_around_a_stage_advances_statistics_once(reentrant: bool) -> None:
    made = network()
    other = plain(made)
    x = batch().requires_grad_()
    first = made.stages[0]
    forward = first.forward
    first.forward = lambda x: checkpoint(forward, x, use_reentrant=reentrant)
    for each in (made, other):
        each(x).square().sum().backward()
    assert_same(made, other)


def test_without_gradients_the_layers_are_run() -> None:
    made = network()
    with torch.no_grad():
        assert obstacles(made, batch()) == {"nothing is kept without gradients"}
        assert made.eval()(batch()).equal(plain(made)(batch()))


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_a_traced_network_holds_the_layers() -> None:
    made = network().eval()
    traced: Any = torch.jit.trace(made, (batch(),))  # type: ignore[no-untyped-call]
    assert "::stage" not in str(traced.inlined_graph)
    assert traced(batch(5)).equal(plain(made)(batch(5)))


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_a_compiled_network_holds_the_operator_in_one_graph(backend: str) -> None:
    made = network(spec(BIASED, more="exit: all"))
    other = plain(made)
    compiled = torch.compile(made, fullgraph=True, backend=backend)
    for _ in range(2):
        for each in (compiled, other):
            each(batch()).square().sum().backward()
    assert_same(made, other, 1e-10)


def test_an_exported_network_runs_the_layers() -> None:
    made = network()
    size = torch.export.Dim("size", min=2, max=64)
    exported = torch.export.export(made, (batch(),), dynamic_shapes=({0: size},)).module()
    other = plain(made)
    for each in (exported, other):
        each(batch(5)).square().sum().backward()
    assert apart(gradients(exported), gradients(other)) < 1e-12


@pytest.mark.parametrize("unit", [DENSE, BIASED])
def test_autocast_computes_as_it_does_with_layers(unit: str) -> None:
    made = network(spec(unit)).float()
    other, exact = plain(made), plain(made).double()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = [each(batch().float()) for each in (made, other)]
    assert {output.dtype for output in outputs} == {torch.bfloat16}
    for output in [*outputs, exact(batch())]:
        output.double().square().sum().backward()
    assert {weight.grad.dtype for weight in made.parameters()} == {torch.float32}
    errors = [apart(gradients(each), gradients(exact)) for each in (made, other)]
    assert errors[0] < 1.5 * errors[1]
    assert apart(statistics(made), statistics(exact)) < 0.05


def test_a_network_in_bfloat16() -> None:
    made = network().bfloat16()
    other, exact = plain(made), plain(made).double()
    for each in (made, other, exact):
        each(batch().to(next(each.parameters()).dtype)).double().square().sum().backward()
    errors = [apart(gradients(each), gradients(exact)) for each in (made, other)]
    assert errors[0] < 1.5 * errors[1]


def test_weights_may_be_passed_as_arguments() -> None:
    made = network()
    other = plain(made)
    weights = {name: weight.detach().clone() for name, weight in made.named_parameters()}
    for weight in weights.values():
        weight.requires_grad_()
    loss = torch.func.functional_call(made, (weights,), (batch(),)).square().sum()
    found = torch.autograd.grad(loss, list(weights.values()))
    other(batch()).square().sum().backward()
    assert apart(torch.cat([value.flatten() for value in found]), gradients(other)) < 1e-12


def test_transforms_of_functions_run_the_layers() -> None:
    made = network()
    for norm in (m for m in made.modules() if isinstance(m, nn.BatchNorm2d)):
        norm.track_running_stats = False
        norm.running_mean = norm.running_var = norm.num_batches_tracked = None
    other = plain(made)
    weights = {name: weight.detach() for name, weight in made.named_parameters()}
    seen: set[str] = set()

    def loss(values: Any) -> Any:
        seen.update(obstacles(made, batch()))
        return torch.func.functional_call(made, (values,), (batch(),)).square().sum()

    found = torch.func.grad(loss)(weights)
    other(batch()).square().sum().backward()
    assert apart(torch.cat([found[name].flatten() for name in weights]), gradients(other)) < 1e-12
    assert seen == {"torch.func or forward-mode differentiation is active"}


def test_there_is_no_second_derivative() -> None:
    x = batch().requires_grad_()
    loss: Any = network()(x).square().sum()
    (gradient,) = torch.autograd.grad(loss, x, create_graph=True)
    with pytest.raises(RuntimeError, match="set memory_efficient to False"):
        torch.autograd.backward(gradient.square().sum())


def test_a_network_can_be_copied_and_pickled() -> None:
    made = network()
    for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert not obstacles(other, batch())
        assert other(batch()).equal(made(batch()))


def test_the_operator_is_as_torch_wants_it() -> None:
    stage = network(spec(BIASED)).stages[0]
    operator, layers = stage.operator, stage.layers
    op = type(operator).__call__.__globals__["STAGE_OPERATOR"]
    norms = operator.norms(layers)
    convolutions = operator.convolutions(layers)
    weights = [convolution.weight for convolution in convolutions]
    biases = [convolution.bias for convolution in convolutions[::2]]
    scales, shifts = [norm.weight for norm in norms], [norm.bias for norm in norms]
    for layout in (torch.contiguous_format, torch.channels_last):
        x = torch.randn(2, 6, 4, 4, dtype=torch.float64).to(memory_format=layout)
        eps = [norm.eps for norm in norms]
        means, variances = [norms[1].running_mean], [norms[1].running_var]
        none = [-1] * len(norms)
        for running in ([], [], none), (means, variances, [-1, 0, *none[2:]]):
            x.requires_grad_()
            arguments: Any = (
                x, weights, biases, scales, shifts, [], *running, eps, operator.plan, False
            )  # fmt: skip
            assert set(torch.library.opcheck(op, arguments).values()) == {"SUCCESS"}


def test_the_layout_of_one_channel_does_not_mislead() -> None:
    """Some layers read one channel, whose layout is that of every other tensor."""
    unit = "[norm, relu, {conv: {width: 3}}, norm, relu, {conv: {width: 1, kernel: 3}}]"
    stage = network(spec(unit, "{rule: harmonic}")).stages[0]
    operator, layers = stage.operator, stage.layers
    assert [2] in operator.reads
    assert operator.widths[2] == 1
    norms = operator.norms(layers)
    scales, shifts = [norm.weight for norm in norms], [norm.bias for norm in norms]
    weights = [convolution.weight for convolution in operator.convolutions(layers)]
    x = torch.randn(2, 6, 4, 4, dtype=torch.float64).to(memory_format=torch.channels_last)
    none, eps = [-1] * len(norms), [norm.eps for norm in norms]
    op = type(operator).__call__.__globals__["STAGE_OPERATOR"]
    arguments: Any = (
        x.requires_grad_(), weights, [], scales, shifts, [], [], [], none, eps, operator.plan, False
    )  # fmt: skip
    assert set(torch.library.opcheck(op, arguments).values()) == {"SUCCESS"}


def test_results_are_deterministic() -> None:
    torch.use_deterministic_algorithms(mode=True)
    try:
        first, second = (network() for _ in range(2))
        for each in (first, second):
            each(batch()).square().sum().backward()
    finally:
        torch.use_deterministic_algorithms(mode=False)
    assert gradients(first).equal(gradients(second))
    assert statistics(first).equal(statistics(second))


def test_two_files_share_the_operator() -> None:
    first, second = network(), network(spec(connect="full"))
    operators = {type(m.stages[0].operator).__call__.__globals__["STAGE_OPERATOR"]
                 for m in (first, second)}  # fmt: skip
    assert len(operators) == 1
    del first
    second(batch()).square().sum().backward()


def replaced(made: Any) -> None:
    layer = made.stages[0].layers[0]
    torch.manual_seed(3)
    layer.conv1 = nn.Conv2d(6, 6, 1).double()


def subclassed(made: Any) -> None:
    made.stages[0].layers[0].conv1.weight = nn.Parameter(
        made.stages[0].layers[0].conv1.weight.detach().as_subclass(Marked)
    )


def shared(made: Any) -> None:
    first, second, *_ = made.stages[0].layers
    second.norm2 = first.norm2


def biased(made: Any) -> None:
    made.stages[0].layers[0].conv1.bias = nn.Parameter(torch.ones(6).double())


def hooked(made: Any) -> None:
    made.stages[0].layers[1].register_full_backward_hook(lambda *_: None)


def doubled(made: Any) -> None:
    layer = made.stages[0].layers[0]
    layer.forward = lambda x: 2 * type(layer).forward(layer, x)


def parametrised(made: Any) -> None:
    nn.utils.parametrizations.weight_norm(made.stages[0].layers[0].conv1)


class Marked(Tensor):
    """A tensor of another class."""


CHANGES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "hook": (lambda made: made.stages[0].layers[0].norm1.register_forward_hook(lambda *_: None),
             "a BatchNorm2d has hooks"),
    "backward hook": (hooked, "a DenseLayer has hooks"),
    "replaced": (replaced, "a Conv2d was changed or put in place of another module"),
    "shared": (shared, "a module is in several places"),
    "bias": (biased, "a Conv2d was changed or put in place of another module"),
    "padding": (lambda made: setattr(made.stages[0].layers[0].conv2, "padding_mode", "reflect"),
               "a Conv2d was changed or put in place of another module"),
    "forward": (doubled, "a DenseLayer was changed or put in place of another module"),
    "synchronised": (lambda made: setattr(made.stages[0].layers[0], "norm1", nn.SyncBatchNorm(6)),
                     "a SyncBatchNorm was changed or put in place of another module"),
    "subclass": (subclassed, "the input or a weight is a subclass of Tensor"),
    "parametrised": (parametrised,
                     "a ParametrizedConv2d was changed or put in place of another module"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_operator_does_not_stand_for_is_run_by_layers(change: str) -> None:
    apply, reason = CHANGES[change]
    made, other = network(), plain(network())
    for each in (made, other):
        apply(each)
    assert obstacles(made, batch()) == {reason}
    if change == "synchronised":  # it runs on accelerators only
        return
    for each in (made, other):
        each(batch()).square().sum().backward()
    assert_same(made, other)


def test_hooks_on_all_modules_are_called() -> None:
    made, seen = network(), []
    handle = nn.modules.module.register_module_forward_hook(lambda module, *_: seen.append(module))
    try:
        assert obstacles(made, batch()) == {"there are hooks on all modules"}
        made(batch())
    finally:
        handle.remove()
    assert made.stages[0].layers[0].norm1 in seen


def test_one_value_per_channel_is_refused_by_the_norms() -> None:
    made = network()
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        made.stages[0](torch.randn(1, 6, 1, 1, dtype=torch.float64))


def test_the_switch_of_the_network() -> None:
    made = network()
    other = type(made)(memory_efficient=False).train()
    assert obstacles(other, batch()) == {"memory_efficient is off"}
    assert list(made.state_dict()) == list(other.state_dict())


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def shard(rank: int, folder: str, efficient: bool) -> None:
    """One of two processes: its half of the batch; the first writes what both agree on."""
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2
    )
    made = network()
    other = made if efficient else plain(made)
    wrapped = nn.parallel.DistributedDataParallel(other)
    x = batch(6)[rank * 3 : rank * 3 + 3]
    wrapped(x).square().sum().backward()
    if rank == 0:
        torch.save(gradients(other), f"{folder}/found")
    distributed.destroy_process_group()


def test_two_processes_average_the_gradients_of_their_halves(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=shard, args=(r, str(tmp_path), True)) for r in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0]
    halves = []
    for rank in range(2):
        other = plain(network())
        other(batch(6)[rank * 3 : rank * 3 + 3]).square().sum().backward()
        halves.append(gradients(other))
    assert apart(torch.load(tmp_path / "found"), torch.stack(halves).mean(0)) < 1e-12
