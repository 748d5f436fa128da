"""vLLM behind the interface of samplers: what it is asked, handed and believed.

vLLM itself is not here. A stand-in with the same names and arguments takes its place.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.engine.online_runs import SMALL, write_prompts
from tests.unit.engine.policies import policy_of
from workbench.core.errors import RunError
from workbench.core.recipes import RlooConfig
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import LoadedBase
from workbench.engine.rloo import Rloo
from workbench.engine.rollout import Drawing, Request
from workbench.engine.vllm_sampler import VllmSampler, VllmSettings, start_vllm

GPU = torch.device("cuda")
END = 7
SETTINGS = VllmSettings(Path("model"), "lora", 12, 96, 0.3, 5)


@dataclass(slots=True)
class LLM:
    """Answers with tokens that the seed decides; those of even seeds end."""

    options: dict[str, Any]
    asked: list[Any]
    adapters: list[dict[str, torch.Tensor]]

    def __init__(self, **options: Any) -> None:
        self.options, self.asked, self.adapters = options, [], []

    def generate(
        self,
        prompts: Sequence[Any],
        sampling_params: Sequence[Any],
        *,
        use_tqdm: bool,
        lora_request: Any,
    ) -> list[Any]:
        self.asked.append((prompts, sampling_params, lora_request))
        folder = Path(lora_request.lora_path)
        assert (folder / "adapter_config.json").exists()
        self.adapters.append(load_file(folder / "adapter_model.safetensors"))
        return [SimpleNamespace(outputs=[_answer(parameters)]) for parameters in sampling_params]


def _answer(parameters: Any) -> SimpleNamespace:
    tokens = [10 + parameters.seed % 50, 11, 12][: parameters.max_tokens]
    return SimpleNamespace(token_ids=[*tokens[:-1], END] if parameters.seed % 2 == 0 else tokens)


@dataclass(slots=True)
class LoRARequest:
    lora_name: str
    lora_int_id: int
    lora_path: str


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    top, request = ModuleType("vllm"), ModuleType("vllm.lora.request")
    top.LLM, top.SamplingParams = LLM, SimpleNamespace
    request.LoRARequest = LoRARequest
    modules = {"vllm": top, "vllm.lora": ModuleType("vllm.lora"), "vllm.lora.request": request}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def policy(base: LoadedBase) -> Policy:
    policy = policy_of(base)
    try_packing(policy)
    return policy


@pytest.mark.usefixtures("vllm")
def test_it_is_asked_for_each_answer_and_ends_as_the_policy_does(policy: Policy) -> None:
    llm = start_vllm(SETTINGS, GPU)
    assert llm.options["max_lora_rank"] == 16
    assert llm.options["load_format"] == "safetensors"
    sampler = VllmSampler(policy, frozenset({END}), llm)
    asked = [Request([1, 2, 3], f"0/{number}") for number in range(8)]
    written = sampler.sample(asked, Drawing(3, temperature=0.7, top_p=0.9))
    ((prompts, parameters, _),) = llm.asked
    assert prompts == [{"prompt_token_ids": [1, 2, 3]}] * 8
    assert {(one.temperature, one.top_p, one.max_tokens) for one in parameters} == {(0.7, 0.9, 3)}
    assert all(one.stop_token_ids == [END] for one in parameters)
    assert {rollout.is_finished for rollout in written} == {True, False}
    for rollout in written:
        assert rollout.is_finished == (rollout.tokens[-1] == END)
        assert not rollout.logps
    again = sampler.sample(asked[3:4], Drawing(3, temperature=0.7, top_p=0.9))
    assert again[0].tokens == written[3].tokens  # the same key, the same seed


@pytest.mark.usefixtures("vllm")
def test_the_adapter_is_handed_over_as_it_is_then(policy: Policy) -> None:
    llm = start_vllm(SETTINGS, GPU)
    sampler = VllmSampler(policy, frozenset(), llm)
    sampler.sample([Request([1, 2])], Drawing(2))
    with torch.no_grad():
        for name, parameter in policy.named_parameters():
            if "lora_B" in name:
                parameter += 1
    sampler.sample([Request([1, 2])], Drawing(2))
    before, after = llm.adapters
    assert before.keys() == after.keys()
    for name, weight in before.items():
        expected = weight + 1 if "lora_B" in name else weight
        assert torch.equal(after[name], expected), name
    numbers = [request.lora_int_id for _, _, request in llm.asked]
    assert len(set(numbers)) == 2
    assert min(numbers) > 0
    folders = [Path(request.lora_path) for _, _, request in llm.asked]
    assert [folder.exists() for folder in folders] == [False, True]


@pytest.mark.usefixtures("vllm")
def test_what_needs_log_probabilities_asks_the_policy(
    policy: Policy, base: LoadedBase, tmp_path: Path
) -> None:
    prompts = write_prompts(tmp_path / "prompts.jsonl", 3)
    config = RlooConfig(**SMALL | {"beta": 0.1})
    method = Rloo(
        config, base.tokenizer, prompts, tmp_path / "none.jsonl",
        sampler_of=lambda policy, ends: VllmSampler(policy, ends, start_vllm(SETTINGS, GPU)),
    )  # fmt: skip
    method.prepare(policy, lambda _: None)
    collected = method.collect(policy, method.train, 0)
    groups = [item.group for item in collected.items]
    policy.eval()
    with torch.no_grad():
        own, reference = policy(groups).logps, policy.reference(groups).logps
    assert collected.figures.means()["kl"] == pytest.approx(float((own - reference).mean()))


@pytest.mark.parametrize(
    ("settings", "device", "said"),
    [
        (SETTINGS, torch.device("cpu"), "needs an NVIDIA GPU"),
        (SETTINGS, torch.device("cuda", 1), "uses the first GPU"),
        (VllmSettings(Path("model"), "dora", 16, 96, 0.3, 5), GPU, "takes LoRA adapters"),
        (SETTINGS, GPU, r"pip install 'workbench\[vllm\]'"),
    ],
)
def test_where_it_cannot_be_used_a_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, settings: VllmSettings, device: torch.device, said: str
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)  # as if it were not installed
    with pytest.raises(RunError, match=said):
        start_vllm(settings, device)
