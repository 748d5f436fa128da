from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch

from tests.unit.engine.runs import TOPICS
from workbench.core.conversation import user
from workbench.core.errors import ModelFolderError, RunError
from workbench.core.generation import Done, Generate, Row, Sampling, Token
from workbench.core.recipes import AdapterConfig
from workbench.engine.chat import prompt_ids
from workbench.engine.generation import Generator
from workbench.engine.modeling import LoadedBase, add_adapter, attach_adapter, load_base

CPU = torch.device("cpu")
GREEDY = Sampling(temperature=0, max_new_tokens=12)
FREE = Sampling(temperature=1.0, top_p=0.9, max_new_tokens=12, seed=5)


@pytest.fixture
def adapter_dir(tiny_model_dir: Path, tmp_path: Path) -> Path:
    """An adapter that changes what the model says."""
    model = attach_adapter(load_base(tiny_model_dir, CPU), AdapterConfig(r=4))
    torch.manual_seed(2)
    for parameter in (item for item in model.parameters() if item.requires_grad):
        parameter.data.normal_(std=0.3)
    model.save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter"


@pytest.fixture
def both(tiny_model_dir: Path, adapter_dir: Path) -> Generator:
    """Base and adapter `a` over one copy of the base weights."""
    base = load_base(tiny_model_dir, CPU)
    return Generator(add_adapter(base.model, adapter_dir, "a"), base.tokenizer, CPU)


def ask(count: int, adapter: str | None = None) -> list[Row]:
    return [
        Row(f"{adapter}-{number}", user(f"What is {TOPICS[number]}{'?' * number}"), adapter)
        for number in range(count)
    ]


def texts(replies: Iterable[Token | Done]) -> dict[str, str]:
    return {reply.row_id: reply.text for reply in replies if isinstance(reply, Done)}


def test_greedy_decoding_equals_transformers(base: LoadedBase) -> None:
    generator = Generator(base.model, base.tokenizer, CPU)
    ours = texts(generator.stream(Generate("r", ask(5), GREEDY)))
    for row in ask(5):
        ids = torch.tensor([prompt_ids(base.tokenizer, row.messages)])
        output = base.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=12
        )
        answer = base.tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True)
        assert ours[row.row_id] == answer.lstrip()


def test_base_beside_an_adapter_answers_as_if_alone(both: Generator, base: LoadedBase) -> None:
    rows = [row for pair in zip(ask(4), ask(4, "a"), strict=True) for row in pair]
    mixed = texts(both.stream(Generate("r", rows, GREEDY)))
    alone = texts(Generator(base.model, base.tokenizer, CPU).stream(Generate("r", ask(4), GREEDY)))
    assert {row_id: text for row_id, text in mixed.items() if row_id in alone} == alone
    assert [mixed[row.row_id] for row in ask(4, "a")] != [alone[row.row_id] for row in ask(4)]


def test_adapter_answers_as_peft_has_it(both: Generator) -> None:
    ours = texts(both.stream(Generate("r", [*ask(3), *ask(3, "a")], GREEDY)))
    for row in ask(3, "a"):
        ids = torch.tensor([prompt_ids(both.tokenizer, row.messages)])
        output = both.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=12
        )
        answer = both.tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True)
        assert ours[row.row_id] == answer.lstrip()


def test_a_rows_answer_depends_on_its_own_seed_alone(base: LoadedBase) -> None:
    generator = Generator(base.model, base.tokenizer, CPU, max_rows=3)
    together = texts(generator.stream(Generate("r", ask(5), FREE)))
    for row in ask(5):
        assert texts(generator.stream(Generate("r", [row], FREE))) == {
            row.row_id: together[row.row_id]
        }
    other = FREE.model_copy(update={"seed": 6})
    assert texts(generator.stream(Generate("r", ask(5), other))) != together


def test_the_same_prompt_twice_gives_two_answers(base: LoadedBase) -> None:
    generator = Generator(base.model, base.tokenizer, CPU)
    rows = [Row(str(number), user("What is rain?")) for number in range(4)]
    assert len(set(texts(generator.stream(Generate("r", rows, FREE))).values())) > 1


def test_pieces_add_up_and_every_row_ends_once(both: Generator) -> None:
    rows = [*ask(3), *ask(3, "a")]
    replies = list(both.stream(Generate("r", rows, FREE)))
    done = [reply for reply in replies if isinstance(reply, Done)]
    assert sorted(reply.row_id for reply in done) == sorted(row.row_id for row in rows)
    for reply in done:
        pieces = [r.text for r in replies if isinstance(r, Token) and r.row_id == reply.row_id]
        assert "".join(pieces) == reply.text
        assert 0 < reply.first_token_s <= reply.elapsed_s
        assert (reply.tokens == 12) == (reply.ended_by == "length")


def test_an_answer_ends_where_the_model_ends_it(base: LoadedBase) -> None:
    """Every token is an end here, as the first one says whatever it is."""
    base.model.generation_config.eos_token_id = list(range(base.model.config.vocab_size))
    generator = Generator(base.model, base.tokenizer, CPU)
    (done,) = generator.stream(Generate("r", ask(1), GREEDY))
    assert isinstance(done, Done)
    assert (done.text, done.tokens, done.ended_by) == ("", 0, "end")


def test_cancelling_ends_each_row_with_what_it_has(base: LoadedBase) -> None:
    generator = Generator(base.model, base.tokenizer, CPU)
    calls = iter(range(100))
    replies = generator.stream(Generate("r", ask(3), GREEDY), lambda: next(calls) == 3)
    done = [reply for reply in replies if isinstance(reply, Done)]
    assert [(reply.tokens, reply.ended_by) for reply in done] == [(3, "cancelled")] * 3


def test_what_can_not_be_answered_is_said(base: LoadedBase) -> None:
    generator = Generator(base.model, base.tokenizer, CPU)
    with pytest.raises(RunError, match="No adapter named a"):
        list(generator.stream(Generate("r", ask(1, "a"), GREEDY)))
    with pytest.raises(RunError, match="shorten it"):
        list(generator.stream(Generate("r", [Row("1", user("why " * 600))], GREEDY)))


def test_an_adapter_of_another_model_is_refused(base: LoadedBase, adapter_dir: Path) -> None:
    (adapter_dir / "adapter_model.safetensors").rename(adapter_dir / "adapter_model.bin")
    with pytest.raises(ModelFolderError, match="only safetensors"):
        add_adapter(base.model, adapter_dir, "a")
    with pytest.raises(ModelFolderError, match="no adapter in"):
        add_adapter(base.model, adapter_dir.parent, "a")


@pytest.mark.parametrize("cut", ["adapter_model.safetensors", "adapter_config.json"])
def test_an_adapter_that_is_not_whole_is_told_as_that(
    base: LoadedBase, adapter_dir: Path, cut: str
) -> None:
    os.truncate(adapter_dir / cut, (adapter_dir / cut).stat().st_size // 2)
    with pytest.raises(ModelFolderError, match="not complete: copy it again"):
        add_adapter(base.model, adapter_dir, "a")


def test_weights_that_are_not_whole_are_told_in_a_sentence(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    weights = Path(shutil.copytree(tiny_model_dir, tmp_path / "half")) / "model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)
    with pytest.raises(ModelFolderError, match="not complete: download the model again"):
        load_base(weights.parent, CPU)
