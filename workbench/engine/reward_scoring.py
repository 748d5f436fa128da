"""A trained reward model at work: scores for answers, as a reward of GRPO, RLOO and PPO.

Where it was trained on the base model that is in memory already, its adapter is added there,
frozen, and the base is not loaded twice; only the adapter and one row of weights come on top.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model, set_peft_model_state_dict
from safetensors.torch import load_file

from workbench.core.errors import ModelFolderError
from workbench.core.run_folder import RunFolder
from workbench.engine.batching import TokenSequence
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.model_folder import check_adapter_folder
from workbench.engine.modeling import SCORE, load_base, peft_at_work
from workbench.engine.packing import Group
from workbench.engine.reward_model import read_scores, scored_sequence
from workbench.engine.rewards.sample import RewardInput
from workbench.engine.sharding import gathered

# Tokens that one pass reads at most, so that its hidden states stay small beside the weights.
_TOKENS_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class BaseInUse:
    """The base model that training holds already, and the folder that it was loaded from."""

    folder: Path
    policy: Policy
    tokenizer: Any


class RewardModel:
    """Scores answers, without gradient and dropout; a `rewards.sample.Scorer`."""

    def __init__(
        self, policy: Policy, tokenizer: Any, head: torch.nn.Linear, adapter: str | None
    ) -> None:
        """`adapter` names the one among `policy`'s to score with; None for none."""
        self._policy = policy
        self._tokenizer = tokenizer
        self._head = head
        self._adapter = adapter
        self._window = getattr(policy.causal.config, "max_position_embeddings", None)

    @classmethod
    def load(
        cls, folder: Path, device: torch.device, in_use: BaseInUse | None = None
    ) -> RewardModel:
        """Load the reward model in `folder`: a run's folder, or its `adapter` or `model`.

        `in_use` lends its base model where the reward model was trained on the same. Raises
        ModelFolderError where there is no reward model or its base can't be loaded.
        """
        result = _result_folder(folder)
        if (result / "adapter_config.json").is_file():
            return _load_adapter(result, device, in_use)
        base = load_base(result, device)
        head = _head(load_file(result / "model.safetensors"), result, device)
        return cls(_packed(base.model), base.tokenizer, head, None)

    @property
    def parameters_of_its_own(self) -> int:
        """How many weights it has beside a base model that it shares."""
        own = [self._head.weight] + [
            parameter
            for name, parameter in self._policy.model.named_parameters()
            if self._adapter is None or f".{self._adapter}." in name
        ]
        return sum(parameter.numel() for parameter in own)

    def __call__(self, inputs: Sequence[RewardInput]) -> list[float | None]:
        """One score for each answer, in order; None where it is too long or gave no number.

        Answers to the same prompt share one pass over it. Of several processes all must ask.
        """
        sequences = [
            scored_sequence(self._tokenizer, item.prompt, item.completion) for item in inputs
        ]
        scores: list[float | None] = [None] * len(inputs)
        fitting = [place for place, sequence in enumerate(sequences) if self._fits(sequence)]
        by_prompt: dict[Any, list[int]] = {}
        for place in fitting:
            by_prompt.setdefault(inputs[place].prompt, []).append(place)
        with gathered(self._policy), self._at_work(), torch.no_grad():
            for part in _parts(list(by_prompt.values()), sequences):
                groups: list[Group] = [[sequences[place] for place in places] for places in part]
                found = read_scores(self._policy, groups, self._head).tolist()
                for place, score in zip([p for places in part for p in places], found, strict=True):
                    scores[place] = score if math.isfinite(score) else None
        return scores

    def _fits(self, sequence: TokenSequence) -> bool:
        return self._window is None or len(sequence.ids) <= self._window

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Its adapter active and no dropout; then everything as it was, gradients wanted or not."""
        model, was_training = self._policy.model, self._policy.training
        active = model.active_adapter if self._adapter else None
        wanted = [(item, item.requires_grad) for item in model.parameters()]
        self._policy.eval()
        try:
            if self._adapter:
                model.set_adapter(self._adapter, inference_mode=True)
            yield
        finally:
            if active:
                model.set_adapter(active)
            for parameter, requires_grad in wanted:
                parameter.requires_grad_(requires_grad)
            self._policy.train(was_training)


def _parts(
    groups: Sequence[list[int]], sequences: Sequence[TokenSequence]
) -> Iterator[list[list[int]]]:
    """Consecutive groups of places that are read together; one that is too large goes alone."""
    part: list[list[int]] = []
    tokens = 0
    for places in groups:
        size = sum(len(sequences[place].ids) for place in places)
        if part and tokens + size > _TOKENS_AT_ONCE:
            yield part
            part, tokens = [], 0
        part.append(places)
        tokens += size
    if part:
        yield part


def _result_folder(folder: Path) -> Path:
    """The folder itself, or the result in the run's folder that it is."""
    run = RunFolder(folder)
    for candidate in (run.adapter, run.model):
        if candidate.is_dir():
            return candidate
    if not folder.is_dir():
        raise ModelFolderError(f"There is no reward model at {folder}: choose a finished run.")
    return folder


def _load_adapter(folder: Path, device: torch.device, in_use: BaseInUse | None) -> RewardModel:
    check_adapter_folder(folder)
    weights = load_file(folder / "adapter_model.safetensors")
    head = _head(weights, folder, device)
    config = LoraConfig.from_pretrained(str(folder))
    base_folder = Path(config.base_model_name_or_path or "")
    # The score head is read apart, so what is left is an adapter like any other.
    config.task_type, config.modules_to_save, config.inference_mode = TaskType.CAUSAL_LM, None, True
    own = {name: value for name, value in weights.items() if not _is_head(name)}
    try:
        if in_use is not None and _lends(in_use, base_folder):
            policy, tokenizer = in_use.policy, in_use.tokenizer
            name = f"reward{len(policy.model.peft_config)}"
            with peft_at_work():
                policy.model.add_adapter(name, config)
        else:
            base = load_base(base_folder, device)
            tokenizer, name = base.tokenizer, "reward"
            with peft_at_work():
                policy = _packed(get_peft_model(base.model, config, name))
        missing = set_peft_model_state_dict(policy.model, own, name).unexpected_keys
    except (ValueError, KeyError, RuntimeError) as error:
        raise _does_not_fit(folder) from error
    if missing:
        raise _does_not_fit(folder)
    return RewardModel(policy, tokenizer, head, name)


def _lends(in_use: BaseInUse, folder: Path) -> bool:
    is_adapted = isinstance(in_use.policy.model, PeftModel)
    return is_adapted and in_use.folder.resolve() == folder.resolve()


def _packed(model: Any) -> Policy:
    policy = Policy(model)
    policy.eval()
    try_packing(policy)
    return policy


def _head(weights: dict[str, torch.Tensor], folder: Path, device: torch.device) -> torch.nn.Linear:
    found = [value for name, value in weights.items() if _is_head(name)]
    if not found:
        raise ModelFolderError(
            f"{folder} holds no reward model, as it has no score: choose the result of a run with"
            " the method Reward model."
        )
    weight = found[0].to(device, torch.float32)
    head = torch.nn.Linear(weight.shape[1], 1, bias=False, device=device)
    head.weight = torch.nn.Parameter(weight, requires_grad=False)
    return head


def _is_head(name: str) -> bool:
    return name.rpartition(".")[0].rpartition(".")[2] == SCORE


def _does_not_fit(folder: Path) -> ModelFolderError:
    return ModelFolderError(
        f"The reward model in {folder} does not fit its base model: train it again on the model"
        " that is there now."
    )
