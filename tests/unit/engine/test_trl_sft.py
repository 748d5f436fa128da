"""TRL 1.16 from the same weights on the same batch: SFT, in one turn and in several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers.integrations.neftune import neftune_post_forward_hook

from tests.unit.engine.peers import (
    COMMON,
    CPU,
    LORA,
    adapted,
    assert_same,
    dataset,
    first_batch,
    gradients,
    packed,
    shake,
    trl_settings,
)
from tests.unit.engine.runs import supervised, write_rows
from workbench.core.conversation import Message
from workbench.core.preferences import SupervisedExample
from workbench.core.recipes import AdapterConfig, SftConfig
from workbench.engine.chat import chat_sequence
from workbench.engine.logprobs import Policy
from workbench.engine.method import Tally
from workbench.engine.modeling import load_base, trainable
from workbench.engine.sft import Sft

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL's own

# The tiny model's template, with what TRL needs to know which tokens the assistant wrote.
MARKED_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + '<|im_end|>\n' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def chats() -> list[SupervisedExample]:
    """Conversations of one, two and three answers."""
    examples = []
    for turns in (1, 2, 3):
        talk = [Message("system", "Be brief.")] if turns == 2 else []
        for turn in range(turns):
            talk += [
                Message("user", f"What is {'rain' * (turn + 1)}?"),
                Message("assistant", "It is " + "water " * (turns + turn)),
            ]
        examples.append(SupervisedExample(tuple(talk[:-1]), talk[-1].content))
    return examples


def method_of(tokenizer: Any, folder: Path, examples: list[Any], **settings: Any) -> Sft:
    write_rows(folder / "train.jsonl", examples)
    config = SftConfig(**(COMMON | settings))
    return Sft(config, tokenizer, folder / "train.jsonl", folder / "none.jsonl")


def loss_of(policy: Policy, method: Sft) -> tuple[torch.Tensor, dict[str, float]]:
    tally = Tally()
    weight = sum(method.weight(example) for example in method.train)
    return method.loss(policy, method.train, tally) / weight, tally.means()


@pytest.mark.parametrize("learns", ["completions", "everything", "assistant turns"])
def test_sft_is_trls(tmp_path: Path, tiny_model_dir: Path, learns: str) -> None:
    from trl import SFTConfig, SFTTrainer

    multi_turn, completion_only = learns == "assistant turns", learns != "everything"
    base = load_base(tiny_model_dir, CPU)
    if multi_turn:
        base.tokenizer.chat_template = MARKED_TEMPLATE
        examples = chats()
        from datasets import Dataset

        talks = [
            {"messages": [{"role": m.role, "content": m.content} for m in example.messages]}
            for example in examples
        ]
        rows, settings = Dataset.from_list(talks), {"assistant_only_loss": True}
    else:
        examples = supervised(4)
        rows, settings = dataset(examples), {"completion_only_loss": completion_only}
    trainer: Any = SFTTrainer(
        model=base.model, processing_class=base.tokenizer, peft_config=LORA,
        args=SFTConfig(**(trl_settings(tmp_path) | settings | {"max_length": 128})),
        train_dataset=rows,
    )  # fmt: skip
    shake(trainer.model)
    trainer.model.eval()
    theirs = trainer.compute_loss(trainer.model, first_batch(trainer))
    theirs.backward()
    expected = {name: values[-1] for name, values in trainer._metrics["eval"].items()}

    model, tokenizer = adapted(tiny_model_dir)
    sft = method_of(
        tokenizer, tmp_path, examples, completion_only_loss=completion_only, max_length=128
    )
    ours, figures = loss_of(packed(model), sft)
    ours.backward()
    assert_same(ours, gradients(model), theirs, gradients(trainer.model))
    assert figures["mean_token_accuracy"] == pytest.approx(expected["mean_token_accuracy"])
    assert figures["entropy"] == pytest.approx(expected["entropy"], rel=1e-4)


def test_all_weights_learn_as_in_trl(tmp_path: Path, tiny_model_dir: Path) -> None:
    from trl import SFTConfig, SFTTrainer

    base = load_base(tiny_model_dir, CPU)
    base.model.requires_grad_(True)
    trainer: Any = SFTTrainer(
        model=base.model, processing_class=base.tokenizer,
        args=SFTConfig(**(trl_settings(tmp_path) | {"completion_only_loss": True})),
        train_dataset=dataset(supervised(4)),
    )  # fmt: skip
    trainer.model.eval()
    theirs = trainer.compute_loss(trainer.model, first_batch(trainer))
    theirs.backward()

    again = load_base(tiny_model_dir, CPU)
    policy = packed(trainable(again, AdapterConfig(tuning="full")))
    ours, _ = loss_of(policy, method_of(again.tokenizer, tmp_path, supervised(4)))
    ours.backward()
    assert_same(ours, gradients(policy.model), theirs, gradients(trainer.model))


def test_earlier_answers_are_left_out_where_only_the_last_is_asked_for(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    tokenizer = load_base(tiny_model_dir, CPU).tokenizer
    sft = method_of(tokenizer, tmp_path, chats(), assistant_only_loss=False, max_length=128)
    for example, sequence in zip(chats(), sft.train, strict=True):
        learnt = tokenizer.decode([sequence.ids[place] for place in sequence.learnt_positions])
        assert learnt == example.completion + "<|im_end|>\n"
    every = [chat_sequence(tokenizer, example.messages).trained_count for example in chats()]
    assert [sequence.trained_count for sequence in sft.train] < every


def test_noise_is_transformers_neftune(tmp_path: Path, tiny_model_dir: Path) -> None:
    """One sequence, so that the length which scales the noise is the same on both sides."""
    model, tokenizer = adapted(tiny_model_dir)
    policy = packed(model)
    policy.train()
    sft = method_of(tokenizer, tmp_path, supervised(1), neftune_noise_alpha=5.0)
    torch.manual_seed(3)
    ours, _ = loss_of(policy, sft)
    quiet, _ = loss_of(policy, method_of(tokenizer, tmp_path, supervised(1)))

    (sequence,) = sft.train
    embedding = model.get_base_model().get_input_embeddings()
    embedding.neftune_noise_alpha = 5.0
    hook = embedding.register_forward_hook(neftune_post_forward_hook)
    labels = torch.tensor([sequence.ids])
    labels[0, : sequence.trained_from] = -100
    torch.manual_seed(3)
    theirs = model(input_ids=torch.tensor([sequence.ids]), labels=labels).loss
    hook.remove()
    torch.testing.assert_close(ours, theirs)
    assert abs(float(ours - quiet)) > 1e-3


@pytest.mark.parametrize("tuning", ["lora", "dora"])
def test_packed_adapters_are_pefts_own_forward(
    tmp_path: Path, tiny_model_dir: Path, tuning: Any
) -> None:
    base = load_base(tiny_model_dir, CPU)
    model = trainable(base, AdapterConfig(tuning=tuning, r=4, lora_alpha=8))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    policy = packed(model)
    sft = method_of(base.tokenizer, tmp_path, supervised(4))
    ours, _ = loss_of(policy, sft)
    ours.backward()
    our_gradients = gradients(model)
    assert any("magnitude" in name for name in our_gradients) == (tuning == "dora")

    plain = torch.zeros(())
    for sequence in sft.train:
        logits = model(input_ids=torch.tensor([sequence.ids])).logits[0].log_softmax(-1)
        for place in sequence.learnt_positions:
            plain = plain - logits[place - 1, sequence.ids[place]]
    plain = plain / sum(sequence.trained_count for sequence in sft.train)
    plain.backward()
    assert_same(ours, our_gradients, plain, gradients(model))
