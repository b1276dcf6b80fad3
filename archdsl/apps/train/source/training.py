"""The network, how its weights change, and all that a checkpoint holds."""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_state_dict,
    set_state_dict,
)
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from archdsl.apps.train.source.checkpoint import random_states, seed, set_random_states
from archdsl.apps.train.source.error import RunError
from archdsl.apps.train.source.feed import Feed
from archdsl.apps.train.source.filled import ImageSet, make_network, make_optimizer, rate_at
from archdsl.apps.train.source.settings import Settings
from archdsl.apps.train.source.world import World

REMEDY: str = "Try a smaller --rate, or --clip 1. Checkpoints hold the weights from before"
"""What to do if numbers are no longer finite."""


class Training:
    """A network, its optimizer, and how far they are.

    Args:
        settings: the numbers of the recipe.
        feed: the images.
        world: the processes.
    """

    def __init__(self, settings: Settings, feed: Feed, world: World) -> None:
        self.settings, self.feed, self.world = settings, feed, world
        seed(settings.seed)
        network: Any = make_network()
        self.network: nn.Module = network.to(world.device, memory_format=feed.layout)
        average = get_ema_multi_avg_fn(settings.ema)
        self.ema = AveragedModel(self.network, multi_avg_fn=average) if settings.ema else None
        self.model = world.wrap(self.network, settings.sync_norm, settings.fsdp)
        self.call = torch.compile(self.model) if settings.compile else self.model
        # Checkpoints have whole tensors, and the names of the network however it is wrapped.
        self.whole = StateDictOptions(full_state_dict=settings.fsdp, cpu_offload=True)
        self.optimizer = make_optimizer(self.network, settings)
        half = settings.precision == "float16"
        self.scaler = torch.amp.GradScaler(world.device.type, enabled=half)
        self.epoch, self.step, self.best, self.seconds = 0, 0, float("inf"), 0.0
        self.loss = torch.zeros((), device=world.device)  # the sum over the steps of the epoch
        seed(settings.seed * world.size + world.rank)  # each process has its own dropout

    @property
    def done(self) -> int:
        """The steps of the epoch that are done."""
        return self.step - self.epoch * self.feed.steps

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        steps = self.settings.epochs * self.feed.steps
        return self.settings.rate * rate_at(self.step / steps)

    def scores(self, model: Any, images: Tensor) -> Tensor:
        """Return the scores of classes, in float32 at least.

        Args:
            model: the network, or what wraps it.
            images: as the feed has them.
        """
        precision = getattr(torch, self.settings.precision)
        reduced = precision != torch.float32
        with torch.autocast(self.world.device.type, precision, enabled=reduced):
            result: Tensor = model(images)
        return result.float() if reduced else result

    def update(self, images: Tensor, labels: Tensor) -> None:
        """Change the weights by the gradient of a batch, of which this process has a part.

        Args:
            images: as the feed has them.
            labels: (n,).
        """
        parts = self.settings.accumulate
        *others, last = zip(images.chunk(parts), labels.chunk(parts), strict=True)
        for part in others:  # gradients of several processes are averaged after the last part
            with getattr(self.model, "no_sync", nullcontext)():
                self.backward(*part)
        self.backward(*last)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        self.scaler.unscale_(self.optimizer)
        if self.settings.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()
        if self.ema:
            self.ema.update_parameters(self.network)
        self.step += 1

    def backward(self, images: Tensor, labels: Tensor) -> None:
        """Add to the gradients those of a part of a batch.

        Args:
            images: as the feed has them.
            labels: (n,).
        """
        scores, smoothing = self.scores(self.call, images), self.settings.label_smoothing
        loss = functional.cross_entropy(scores, labels, label_smoothing=smoothing)
        loss = loss / self.settings.accumulate
        self.scaler.scale(loss).backward()
        self.loss += loss.detach()

    def mean_loss(self) -> float:
        """Return the mean loss of the epoch so far, over all processes that call this.

        Raises:
            RunError: if it is not finite.
        """
        loss = float(self.world.total(self.loss.clone())) / self.world.size / max(1, self.done)
        if not math.isfinite(loss):
            raise RunError(f"the loss is {loss} at step {self.step}. {REMEDY}")
        return loss

    @torch.no_grad()
    def evaluate(self, split: ImageSet) -> tuple[float, float]:
        """Return the mean loss and the error in percent, of averaged weights if there are any.

        Args:
            split: images and labels.
        """
        model = (self.ema or self.network).eval()
        self.world.share_buffers(model)
        sums = torch.zeros(2, dtype=torch.float64, device=self.world.device)
        for images, labels in self.feed.evaluation(split):
            scores = self.scores(model, images)
            sums[0] += functional.cross_entropy(scores, labels, reduction="sum")
            sums[1] += scores.argmax(1).ne(labels).sum()
        loss, wrong = (self.world.total(sums) / len(split)).tolist()
        return loss, 100 * wrong

    def state(self) -> dict[str, Any]:
        """Return all that is needed to go on: tensors, numbers and text. All processes call it.

        Raises:
            RunError: if some weights are not finite.
        """
        model, optimizer = get_state_dict(self.network, self.optimizer, options=self.whole)
        weights: Any = model.values()
        if not all(bool(weight.isfinite().all()) for weight in weights):
            raise RunError(f"some weights are not finite after step {self.step}. {REMEDY}")
        return {
            "model": model, "optimizer": optimizer, "ema": self.ema and self.ema.state_dict(),
            "scaler": self.scaler.state_dict(), "settings": asdict(self.settings),
            "epoch": self.epoch, "step": self.step, "best": self.best, "seconds": self.seconds,
            "loss": self.world.gathered(float(self.loss)),
            "random": self.world.gathered(random_states()),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned, as if nothing had come between.

        Args:
            state: of a run with the same settings. With as many processes, the result is the same
                to the last bit; with others, dropout differs.
        """
        set_state_dict(
            self.network, self.optimizer, model_state_dict=state["model"],
            optim_state_dict=state["optimizer"], options=self.whole,
        )  # fmt: skip
        if self.ema:
            self.ema.load_state_dict(state["ema"])
        self.scaler.load_state_dict(state["scaler"])
        self.epoch, self.step = state["epoch"], state["step"]
        self.best, self.seconds = state["best"], state["seconds"]
        losses = state["loss"]
        self.loss.fill_(sum(losses) / len(losses))
        if len(losses) == self.world.size:
            self.loss.fill_(losses[self.world.rank])
            set_random_states(state["random"][self.world.rank])
