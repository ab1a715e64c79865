import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from vinspect.models import export, settled, weights
from vinspect.models.comparer import Comparers
from vinspect.models.locator import Locator
from vinspect.models.reader import Reader


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def trained(net):
    """The network after some steps of training, as far as its batch norms know."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.normal_(module.bias)
            module.running_mean.normal_()
            module.running_var.uniform_(0.2, 3)
    return net.eval()


def published(net, name):
    state = torch.load(weights.path(name), weights_only=True)
    net.load_state_dict({key.removeprefix("module.net."): value for key, value in state.items()})
    return net.eval()


def single_precision(file, graph, net):
    """The published graph; where that is in eight bits, the one that it was made of."""
    model = onnx.load(weights.path(file))
    small = any(node.op_type == "QuantizeLinear" for node in model.graph.node)
    return export.session(graph(net) if small else model)


def test_the_readers_published_weights_say_the_same_in_pytorch_and_onnx():
    net = published(Reader(), "easyocr/vinspect_reader.pth")
    running = single_precision("reader.onnx", export.reader_graph, net)
    assert export.difference(net, running, export.READER_SHAPES) < export.TOLERANCE


def test_the_locators_published_weights_say_the_same_in_pytorch_and_onnx():
    net = published(Locator(), "locator.pth")
    running = single_precision("locator.onnx", export.locator_graph, net)
    assert export.difference(net, running, export.LOCATOR_SHAPES) < export.TOLERANCE


def test_the_comparers_published_weights_say_the_same_in_pytorch_and_onnx():
    net = published(Comparers(2), "comparer.pth")
    running = single_precision("comparer.onnx", export.comparer_graph, net)
    assert export.comparer_difference(net, running) < export.TOLERANCE


@pytest.mark.parametrize(("net", "shape"), [(Reader, (2, 1, 48, 128)), (Locator, (1, 1, 64, 96))])
def test_settling_a_network_changes_its_answers_by_rounding_alone(net, shape):
    before, x = trained(net()), torch.rand(shape)
    with torch.no_grad():
        answer = before(x)
        after = settled.settled(net(), before.state_dict())(x)
    first, second = (a if isinstance(a, torch.Tensor) else a[0] for a in (answer, after))
    assert not torch.equal(first, second)
    assert torch.allclose(first, second, rtol=0.02, atol=0.02 * float(first.abs().max()))


def test_a_settled_network_is_the_same_when_settled_again():
    once = settled.settled(trained(Reader()))
    kept = {name: value.clone() for name, value in once.state_dict().items()}
    twice = settled.settled(once)
    assert all(torch.allclose(kept[name], value, atol=1e-6) for name, value in twice.state_dict().items())


def test_a_settled_network_trains_on_from_the_same_answers():
    net, x = settled.settled(trained(Reader())), torch.randn(8, 1, 48, 128)
    with torch.no_grad():
        before = net(x)[0]
        again = settled.unsettled(net, lambda net: net(x))
        after, training = again(x)[0], again.train()(x)[0]
    assert torch.allclose(before, after, atol=1e-4 * float(before.abs().max()))
    assert torch.allclose(before, training, atol=0.02 * float(before.abs().max()))  # what it meets is what it knows
    assert all(p.requires_grad for p in again.parameters())


def test_what_easyocr_loads_is_what_was_exported():
    net = settled.settled(trained(Reader()))
    state = export.for_easyocr(net)
    again = Reader()
    again.load_state_dict({name.removeprefix("module.net."): value for name, value in state.items()})
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in net.state_dict().items())


def graph_of(values):
    made = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 32])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 32])],
        [numpy_helper.from_array(values, "w")],
    )  # fmt: skip
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def test_a_matrix_that_half_precision_holds_takes_half_the_space_and_gives_the_same():
    values = np.random.default_rng(0).standard_normal((32, 32)).astype(np.float16).astype(np.float32)
    whole, half = graph_of(values), export.halved(graph_of(values))
    onnx.checker.check_model(half, full_check=True)
    x = {"x": np.ones((1, 32), np.float32)}
    assert half.ByteSize() < 0.6 * whole.ByteSize()
    assert np.array_equal(export.session(whole).run(None, x)[0], export.session(half).run(None, x)[0])


def test_a_matrix_that_half_precision_cannot_hold_stays_as_it_is():
    values = np.full((32, 32), 1 / 3, np.float32)
    assert export.halved(graph_of(values)).SerializeToString() == graph_of(values).SerializeToString()
