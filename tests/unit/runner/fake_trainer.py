"""A trainer without a model: it speaks the real protocol and ends in the way it is told.

    python -m tests.unit.runner.fake_trainer RUN_DIR ATTEMPT

`plan.json` in the run folder says how many steps it takes, how it ends, and after which file.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from workbench.core.control import Command, read_control
from workbench.core.events import (
    Ack,
    Bye,
    CheckpointSaved,
    Event,
    Failed,
    Hello,
    Metric,
    Payload,
    RunState,
    StateChanged,
    encode,
)
from workbench.core.run_folder import RunFolder


class FakeTrainer:
    def __init__(self, folder: RunFolder, attempt: int) -> None:
        self.folder = folder
        self.attempt = folder.attempt(attempt)
        self.run_id = json.loads(folder.spec.read_text())["run_id"]
        self.plan = json.loads((folder.path / "plan.json").read_text())
        self.seq = 0
        steps = folder.checkpoint_steps()
        self.step = steps[-1] if steps else 0
        self.seen = ""

    def tell(self, payload: Payload) -> None:
        self.seq += 1
        event = Event(self.run_id, self.attempt.number, self.seq, time.time(), payload)
        with self.attempt.events.open("a", encoding="utf-8") as file:
            file.write(encode(event))

    def run(self) -> int:
        started_at = psutil.Process().create_time()
        print("fake trainer at work", flush=True)
        self.tell(Hello(os.getpid(), started_at, "cpu", {}, self.plan["steps"], self.step or None))
        self.tell(StateChanged(RunState.RUNNING))
        if self.plan.get("child"):
            child = subprocess.Popen(["sleep", "600"])
            (self.folder.path / "child.pid").write_text(str(child.pid))
        while self.step < self.plan["steps"]:
            asked = self.asked()
            if asked is not None:
                self.checkpoint()
                state = RunState.PAUSED if asked is Command.PAUSE else RunState.STOPPED
                self.tell(Bye(state, self.step))
                return 0
            self.step += 1
            self.tell(Metric(self.step, {"loss": 1 / self.step}))
            if self.step % self.plan.get("save_steps", 1000) == 0:
                self.checkpoint()
            time.sleep(self.plan.get("step_s", 0.01))
        while not (self.folder.path / self.plan.get("ends_after", "plan.json")).exists():
            time.sleep(0.01)
        return self.end(self.plan.get("end", "finish"))

    def asked(self) -> Command | None:
        control = read_control(self.attempt.control)
        if control is None or control.id == self.seen or self.plan.get("deaf"):
            return None
        self.seen = control.id
        self.tell(Ack(control.id, control.command))
        return control.command if control.command in (Command.STOP, Command.PAUSE) else None

    def checkpoint(self) -> None:
        path = self.folder.checkpoint(self.step)
        path.mkdir(parents=True, exist_ok=True)
        self.tell(CheckpointSaved(self.step, str(path.relative_to(self.folder.path))))

    def end(self, how: str) -> int:
        if how == "finish":
            self.tell(Bye(RunState.FINISHED, self.step))
            return 0
        if "oom_counter" in self.plan:
            Path(self.plan["oom_counter"]).write_text("oom_kill 1\n")
        if how.startswith("SIG"):
            os.kill(os.getpid(), signal.Signals[how])
            time.sleep(60)
        if how == "error":
            self.tell(Failed("ValueError: no such thing", known=False, detail="Traceback …"))
            return 1
        if how == "known":
            self.tell(Failed("The model folder is gone: choose another model.", known=True))
            return 2
        if how == "raise":
            raise OSError(28, "No space left on device", "checkpoints/x")
        return int(how)


if __name__ == "__main__":
    folder = RunFolder(Path(sys.argv[1]))
    trainer = FakeTrainer(folder, int(sys.argv[2]))
    if trainer.plan.get("deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(trainer.run())
