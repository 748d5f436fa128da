from __future__ import annotations

import pytest
import torch

from workbench.core.conversation import user
from workbench.core.recipes import AdapterConfig
from workbench.engine import logprobs
from workbench.engine.batching import IGNORED, TokenBatch, TokenSequence, collate
from workbench.engine.chat import answer_sequence
from workbench.engine.logprobs import Policy
from workbench.engine.modeling import LoadedBase, attach_adapter

CPU = torch.device("cpu")
ANSWERS = ("It is rain.", "The quick brown fox jumps over the lazy dog.", "Paris")


def policy_of(base: LoadedBase) -> Policy:
    """A policy whose adapter already does something."""
    torch.manual_seed(1)
    model = attach_adapter(base, AdapterConfig(r=4, lora_alpha=8))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return Policy(model)


def sequences(base: LoadedBase) -> list[TokenSequence]:
    return [answer_sequence(base.tokenizer, user("What is it?"), answer) for answer in ANSWERS]


def full_logits(policy: Policy, batch: TokenBatch) -> torch.Tensor:
    """Log-probabilities of the learnt tokens through the whole model, [N]."""
    logits = policy.model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
    every = logits[:, :-1].float().log_softmax(-1)
    targets = batch.labels[:, 1:]
    picked = every.gather(-1, targets.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return picked[targets != IGNORED]


def gradients(policy: Policy) -> dict[str, torch.Tensor]:
    found = {}
    for name, parameter in policy.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None
            found[name] = parameter.grad.clone()
            parameter.grad = None
    return found


@pytest.mark.parametrize("chunk", [3, 512])
@pytest.mark.parametrize("quirk", [{}, {"final_logit_softcapping": 5.0}, {"logit_scale": 0.5}])
def test_head_at_labels_only_equals_full_logits_with_its_gradient(
    base: LoadedBase, monkeypatch: pytest.MonkeyPatch, chunk: int, quirk: dict[str, float]
) -> None:
    monkeypatch.setattr(logprobs, "HEAD_CHUNK_ROWS", chunk)
    policy, batch = policy_of(base), collate(sequences(base), 0, CPU)
    for name, value in quirk.items():
        setattr(base.model.config, name, value)
    weights = torch.linspace(-1, 2, sum(batch.trained_counts))
    ours = policy(batch).logps
    (ours * weights).sum().backward()
    ours_gradients = gradients(policy)

    logits = policy.model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
    if "final_logit_softcapping" in quirk:
        logits = 5.0 * torch.tanh(logits / 5.0)
    if "logit_scale" in quirk:
        logits = logits * 0.5
    targets = batch.labels[:, 1:]
    learnt = targets != IGNORED
    plain = logits[:, :-1][learnt].log_softmax(-1).gather(-1, targets[learnt].unsqueeze(-1))[:, 0]
    (plain * weights).sum().backward()
    torch.testing.assert_close(ours, plain)
    torch.testing.assert_close(ours_gradients, gradients(policy))


def test_entropy_and_hits_are_those_of_the_distribution(base: LoadedBase) -> None:
    policy, batch = policy_of(base), collate(sequences(base), 0, CPU)
    figures = policy(batch, with_entropy=True)
    logits = policy.model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
    learnt = batch.labels[:, 1:] != IGNORED
    rows = logits[:, :-1][learnt]
    torch.testing.assert_close(
        figures.entropies, torch.distributions.Categorical(logits=rows).entropy()
    )
    assert torch.equal(figures.hits, rows.argmax(-1) == batch.labels[:, 1:][learnt])
    assert not figures.entropies.requires_grad


def test_padding_changes_nothing(base: LoadedBase) -> None:
    policy = policy_of(base)
    together = policy(collate(sequences(base), 0, CPU)).row_sums()
    alone = [policy(collate([sequence], 0, CPU)).row_sums() for sequence in sequences(base)]
    torch.testing.assert_close(together, torch.cat(alone))


def test_row_sums_add_up_each_row(base: LoadedBase) -> None:
    policy, batch = policy_of(base), collate(sequences(base), 0, CPU)
    expected = [part.sum() for part in full_logits(policy, batch).split(list(batch.trained_counts))]
    torch.testing.assert_close(policy(batch).row_sums(), torch.stack(expected))


def test_reference_is_the_base_without_its_adapter_and_dropout(base: LoadedBase) -> None:
    batch = collate(sequences(base), 0, CPU)
    with torch.no_grad():
        untouched = base.model(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask
        ).logits[:, :-1]
    learnt = batch.labels[:, 1:] != IGNORED
    targets = batch.labels[:, 1:][learnt].unsqueeze(-1)
    expected = untouched[learnt].log_softmax(-1).gather(-1, targets)[:, 0]
    policy = policy_of(base).train()
    torch.testing.assert_close(policy.reference(batch).logps, expected)
    assert policy.training
    assert not torch.allclose(policy(batch).logps, expected)
