"""The head runs at labels only, in chunks, and gives what full logits give."""

from __future__ import annotations

import pytest
import torch

from tests.unit.engine.policies import gradients, policy_of
from workbench.core.conversation import user
from workbench.core.recipes import AdapterConfig
from workbench.engine import head
from workbench.engine.batching import TokenSequence
from workbench.engine.chat import answer_sequence
from workbench.engine.logprobs import Policy
from workbench.engine.modeling import LoadedBase, trainable
from workbench.engine.packing import Group

ANSWERS = ("It is rain.", "The quick brown fox jumps over the lazy dog.", "Paris")


def groups(base: LoadedBase) -> list[Group]:
    return [[answer_sequence(base.tokenizer, user("What is it?"), answer)] for answer in ANSWERS]


def full_logits(policy: Policy, groups: list[Group]) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of the learnt tokens through the whole model, [N, V], and those tokens."""
    batch = policy.batch(groups)
    logits = policy.model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
    return logits.flatten(0, 1)[batch.sources].float(), batch.targets


@pytest.mark.parametrize("chunk", [3, 512])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
@pytest.mark.parametrize("quirk", [{}, {"final_logit_softcapping": 5.0}, {"logit_scale": 0.5}])
def test_head_at_labels_only_equals_full_logits_with_its_gradient(
    base: LoadedBase, monkeypatch: pytest.MonkeyPatch, chunk: int, temperature: float,
    quirk: dict[str, float],
) -> None:  # fmt: skip
    monkeypatch.setattr(head, "CHUNK_ROWS", chunk)
    policy, learnt = policy_of(base), groups(base)
    for name, value in quirk.items():
        setattr(base.model.config, name, value)
    ours = policy(learnt, temperature=temperature)
    weights = torch.linspace(-1, 2, sum(ours.counts))
    (ours.logps * weights).sum().backward()
    ours_gradients = gradients(policy)

    logits, targets = full_logits(policy, learnt)
    if "final_logit_softcapping" in quirk:
        logits = 5.0 * torch.tanh(logits / 5.0)
    if "logit_scale" in quirk:
        logits = logits * 0.5
    every = (logits / temperature).log_softmax(-1)
    plain = every.gather(-1, targets.unsqueeze(-1))[:, 0]
    (plain * weights).sum().backward()
    torch.testing.assert_close(ours.logps, plain)
    torch.testing.assert_close(ours_gradients, gradients(policy))
    torch.testing.assert_close(
        ours.entropies, torch.distributions.Categorical(logits=every).entropy()
    )
    assert torch.equal(ours.hits, every.argmax(-1) == targets)
    assert not ours.entropies.requires_grad


def test_a_head_that_learns_gets_its_gradient(base: LoadedBase) -> None:
    policy, learnt = Policy(trainable(base, AdapterConfig(tuning="full"))), groups(base)
    policy(learnt).logps.sum().backward()
    ours = gradients(policy)
    logits, targets = full_logits(policy, learnt)
    logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).sum().backward()
    torch.testing.assert_close(ours, gradients(policy), rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing(base: LoadedBase) -> None:
    policy = policy_of(base)
    together = policy(groups(base)).sums()
    alone = [policy([group]).sums() for group in groups(base)]
    torch.testing.assert_close(together, torch.cat(alone))


def test_sums_add_up_each_sequence(base: LoadedBase) -> None:
    figures = policy_of(base)(groups(base))
    expected = [part.sum() for part in figures.logps.split(list(figures.counts))]
    torch.testing.assert_close(figures.sums(), torch.stack(expected))


def test_reference_is_the_base_without_its_adapter_and_dropout(base: LoadedBase) -> None:
    learnt = groups(base)
    with torch.no_grad():
        untouched = Policy(base.model)(learnt).logps
    policy = policy_of(base).train()
    torch.testing.assert_close(policy.reference(learnt).logps, untouched)
    assert policy.training
    assert not torch.allclose(policy(learnt).logps, untouched)


def test_noise_on_the_inputs_is_neftunes_and_only_in_training(base: LoadedBase) -> None:
    policy = policy_of(base)
    batch = policy.batch([[TokenSequence(list(range(10)), 1)], [TokenSequence([1, 2, 3], 1)]])
    plain = policy.causal.get_input_embeddings()(batch.input_ids)
    noise = (policy._noisy_embeddings(batch, 5.0) - plain).abs()
    width = plain.shape[-1]
    assert 0.9 * 5 / (10 * width) ** 0.5 < noise[0].max() <= 5 / (10 * width) ** 0.5 + 1e-6
    assert 0.9 * 5 / (3 * width) ** 0.5 < noise[1, :3].max() <= 5 / (3 * width) ** 0.5 + 1e-6
    policy.eval()
    quiet, noisy = policy(groups(base)), policy(groups(base), noise_alpha=5.0)
    torch.testing.assert_close(quiet.logps, noisy.logps)
