"""How the number format and the attention kernel are chosen: by a clock of the test's own."""

import pytest
from transformers import MarianConfig, MarianMTModel

from mtpipe.training import precision

STEPS = {"float32 eager": 4.0, "float32 sdpa": 5.0, "bfloat16 eager": 1.0, "bfloat16 sdpa": 2.0}


class FakeClock:
    """Moves on by what a step is said to take, and by more in its first round."""

    def __init__(self, seconds):
        self.now, self.seconds, self.calls = 0.0, seconds, []

    def __call__(self):
        return self.now

    def steps(self):
        return {name: lambda name=name: self._step(name) for name in self.seconds}

    def _step(self, name):
        self.now += self.seconds[name] * (1 if name in self.calls else 100)
        self.calls.append(name)


def test_steps_are_timed_in_turns_and_the_first_round_is_not_counted():
    seconds = {name: value / 1000 for name, value in STEPS.items()}
    clock = FakeClock(seconds)
    assert precision.timed(clock.steps(), clock, rounds=2) == pytest.approx(seconds)
    assert clock.calls == list(STEPS) * 3


def test_a_slow_machine_is_measured_in_one_round():
    clock = FakeClock(STEPS)
    assert precision.timed(clock.steps(), clock, rounds=9) == STEPS
    assert clock.calls == list(STEPS) * 2


@pytest.mark.parametrize("seconds, expected", [
    (STEPS, "bfloat16 eager"), ({"float32 eager": 1.0, "bfloat16 eager": 8.6}, "float32 eager"),
    ({"float32 eager": 1.0, "bfloat16 eager": 0.95}, "float32 eager"),  # hardly faster
    ({"float32 eager": 1.0}, "float32 eager"),
])
def test_the_first_option_is_left_only_for_a_clear_gain(seconds, expected):
    assert precision.fastest(seconds) == expected


@pytest.fixture
def model():
    return MarianMTModel(MarianConfig(vocab_size=40, d_model=16, encoder_layers=1, decoder_layers=1, pad_token_id=39,
                                      encoder_ffn_dim=16, decoder_ffn_dim=16, encoder_attention_heads=2,
                                      decoder_attention_heads=2, decoder_start_token_id=39))  # fmt: skip


@pytest.mark.parametrize("has_guide, kernels", [(True, {"eager"}), (False, {"eager", "sdpa"})])
def test_a_model_is_measured_and_left_as_it_was(model, has_guide, kernels):
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    model.eval()
    chosen = precision.choose(model, has_guide)
    assert {name.split()[1] for name in chosen.seconds} == kernels and chosen.attention in kernels
    assert all((weight == before[name]).all() for name, weight in model.state_dict().items())
    assert not model.training and all(weight.grad is None for weight in model.parameters())
    assert model.config._attn_implementation == chosen.attention


def test_what_was_chosen_is_said_with_the_times():
    said = str(precision.Precision(False, "eager", {"float32 eager": 0.0123, "bfloat16 eager": 0.1}))
    assert said == "precision: float32, attention: eager (float32 eager 12 ms, bfloat16 eager 100 ms)"
