"""Which class carries out which recipe: the one place that knows all methods."""

from __future__ import annotations

from pathlib import Path

from workbench.core import paths
from workbench.core.errors import RunError
from workbench.core.recipes import (
    METHODS,
    DpoConfig,
    GrpoConfig,
    KtoConfig,
    OnlineConfig,
    PpoConfig,
    RewardConfig,
    RlooConfig,
    RunSpec,
    SftConfig,
)
from workbench.core.rewards import RewardModelReward
from workbench.core.run_folder import RunFolder
from workbench.engine.critic import Critic
from workbench.engine.dpo import Dpo
from workbench.engine.grpo import Grpo
from workbench.engine.kto import Kto
from workbench.engine.logprobs import Policy
from workbench.engine.modeling import LoadedBase
from workbench.engine.online import SamplerOf, ScorerOf, own_sampler
from workbench.engine.ppo import Ppo
from workbench.engine.reference import ReferenceCache
from workbench.engine.reward_model import Reward
from workbench.engine.reward_scoring import BaseInUse, RewardModel
from workbench.engine.rloo import Rloo
from workbench.engine.sft import Sft
from workbench.engine.vllm_sampler import VllmSampler, VllmSettings, start_vllm

AnyMethod = Sft | Dpo | Kto | Reward | Grpo | Rloo | Ppo


def build_method(spec: RunSpec, run: RunFolder, base: LoadedBase) -> AnyMethod:
    """The method of `spec` with its examples read and tokenised; raises as the readers do."""
    data = (base.tokenizer, run.train_data, run.eval_data)
    match spec.config:
        case SftConfig():
            return Sft(spec.config, *data)
        case DpoConfig():
            return Dpo(spec.config, *data, _reference_cache(spec, base))
        case KtoConfig():
            return Kto(spec.config, *data, _reference_cache(spec, base))
        case RewardConfig():
            return Reward(spec.config, *data)
        case GrpoConfig():
            return Grpo(
                spec.config, *data, _scorer_of(spec, base), _sampler_of(spec, spec.config, base)
            )
        case RlooConfig():
            return Rloo(
                spec.config, *data, _scorer_of(spec, base), _sampler_of(spec, spec.config, base)
            )
        case PpoConfig():
            critic = Critic.beside(
                base, spec.adapter, seed=spec.config.seed,
                checkpoints=spec.config.gradient_checkpointing,
            )  # fmt: skip
            return Ppo(
                spec.config, *data, _scorer_of(spec, base), _sampler_of(spec, spec.config, base),
                critic=critic,
            )  # fmt: skip
    raise RunError(f"{METHODS[spec.method].title} can't be trained by this version yet.")


def _reference_cache(spec: RunSpec, base: LoadedBase) -> ReferenceCache:
    folder = paths.cache_dir() / "reference"
    numbers = "nf4" if spec.adapter.tuning == "qlora" else str(base.model.dtype)
    return ReferenceCache(folder, Path(spec.model.path), base.device, numbers)


def _scorer_of(spec: RunSpec, base: LoadedBase) -> ScorerOf:
    """Loads reward models; one that was trained on this run's base shares it."""

    def load(reward: RewardModelReward, policy: Policy) -> RewardModel:
        in_use = BaseInUse(Path(spec.model.path), policy, base.tokenizer)
        return RewardModel.load(Path(reward.path), base.device, in_use)

    return load


def _sampler_of(spec: RunSpec, config: OnlineConfig, base: LoadedBase) -> SamplerOf:
    """What writes the answers: the recipe's choice."""
    if config.sampler == "own":
        return own_sampler
    settings = VllmSettings(
        Path(spec.model.path), spec.adapter.tuning, spec.adapter.r, config.max_length,
        config.vllm_gpu_memory_utilization, config.seed,
    )  # fmt: skip
    return lambda policy, ends: VllmSampler(policy, ends, start_vllm(settings, base.device))
