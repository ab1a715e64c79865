import numpy as np
import pytest
import torch

from vinspect.datasets.relief.work import TRACES
from vinspect.models import export, stampings, train_judge, weights
from vinspect.models.judge import LETTERS, STRIDE, TOUCHES, Judge
from vinspect.models.reader import Reader
from vinspect.models.strips import camera
from vinspect.vision import judge as vision_judge


@pytest.fixture(scope="module")
def strips():
    """Four numbers in relief, every other one forged."""
    return list(stampings.stampings(3, 4))


def line(width=256, count=9):
    torch.manual_seed(0)
    left = torch.linspace(14, width - 32, count)
    boxes = torch.stack([left, torch.full_like(left, 10), left + 18, torch.full_like(left, 38)], 1)[None]
    return torch.rand(1, 1, 48, width) * 2 - 1, boxes, torch.arange(count)[None] % len(LETTERS)


def test_the_judge_answers_for_every_pixel_and_character():
    strokes, touched, odd, whole, style = Judge().eval()(*line())
    assert strokes.shape == (1, 3, 48, 256)
    assert touched.shape == (1, TOUCHES, 12, 64)
    assert (odd.shape, whole.shape) == ((1, 9), (1,))
    assert torch.allclose(style.norm(dim=-1), torch.ones(1, 9), atol=1e-5)


def test_places_without_a_character_change_nothing():
    net, (strip, boxes, letters) = Judge().eval(), line()
    more = torch.cat([boxes, torch.zeros(1, 3, 4)], 1)
    padded = net(strip, more, torch.cat([letters, torch.full((1, 3), -1)], 1))
    for alone, among in zip(net(strip, boxes, letters)[2:4], (padded[2][:, :9], padded[3]), strict=True):
        assert torch.allclose(alone, among, atol=1e-4)


def test_training_changes_the_readers_eyes_gently_and_the_first_not_at_all(strips):
    net, reader = Judge(), Reader()
    net.look_as(reader)
    rest, gently = train_judge.shares(net)
    assert gently["share"] < rest["share"]
    assert {id(p) for p in gently["params"]} >= {id(p) for p in net.eye3.parameters()}
    trained = {id(p) for group in (rest, gently) for p in group["params"]}
    assert not trained & {id(p) for p in net.eye1.parameters()}
    before = [value.clone() for name, value in net.eye3.state_dict().items() if "running" in name]
    rng, lens = np.random.default_rng(1), camera()
    samples = [s for k in strips if (s := train_judge.sample(rng, k, lens)) is not None]
    loss, _ = train_judge.loss_of(net, train_judge.batch(samples))
    loss.backward()
    assert net.stroke.weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in net.eye1.parameters())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.eye3.parameters())
    after = [value for name, value in net.eye3.state_dict().items() if "running" in name]
    assert all(torch.equal(one, two) for one, two in zip(before, after, strict=True))
    for mine, theirs in zip(net.eye1[0].state_dict().values(), reader.features[0].state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_shard_gives_back_what_was_rendered(strips, tmp_path):
    stampings.write(tmp_path / "1.npz", strips)
    for k, again in zip(strips, stampings.load(tmp_path / "1.npz"), strict=True):
        assert (again.text, again.altered, again.dies, again.method) == (k.text, k.altered, k.dies, k.method)
        for name in ("picture", "stroke", "touched", "height", "line", "quads"):
            assert np.array_equal(getattr(again, name), getattr(k, name))


def test_every_other_number_of_a_corpus_is_forged_and_none_of_the_others_touched(strips):
    assert [bool(k.method) for k in strips] == [False, True, False, True]
    assert all(not any(k.altered) and not k.touched.any() for k in strips[::2])
    assert all(k.touched.any() for k in strips[1::2])


def test_a_take_carries_its_truth_along(strips):
    rng = np.random.default_rng(2)
    s = train_judge.sample(rng, strips[0], camera(), rough=False)
    assert s.strip.shape == s.stroke.shape == s.touched.shape == s.height.shape
    assert s.strip.shape[1] % STRIDE == 0
    inside = sum((s.stroke[int(y0) : int(y1) + 1, int(x0) : int(x1) + 1] > 0).sum() for x0, y0, x1, y1 in s.boxes)
    assert inside > 0.6 * (s.stroke > 0).sum()


def test_vision_names_letters_and_traces_as_the_network_was_taught():
    assert vision_judge._LETTERS == LETTERS
    assert len(vision_judge.TRACES) + 1 == TOUCHES
    assert vision_judge.TRACES == TRACES
    assert (vision_judge.STRIDE, vision_judge.DEPTH) == (STRIDE, stampings.DEPTH)


def test_the_published_weights_say_the_same_in_pytorch_and_onnx():
    net = Judge()
    net.load_state_dict(torch.load(weights.path("judge.pth"), weights_only=True))
    assert export.judge_difference(net.eval(), export.session(weights.path("judge.onnx"))) < export.TOLERANCE
