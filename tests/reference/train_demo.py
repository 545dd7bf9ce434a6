# SPDX-License-Identifier: MIT
"""Train a demonstration checkpoint: `train_demo.py vim2 --train TRAIN.tar.gz --out FILE.safetensors --seconds 540`.

Needs a GPU with Triton (a run on the CPU works but is good for smoke tests only). The files in resources/models were
made by this script; their model card (README.md there) gives the commands. `evaluate_demo.py` measures the result.
`train_demo.py convnet --epochs N --report VAL.tar.gz` trains a plain convolutional net in the same way, to compare with.
"""

import argparse
import copy
import json
import math
import time

import numpy as np
import torch

import demo_data
import safetensors_io
from fast_model import FastNetwork
from plain_convnet import PlainConvNet
from scans import VIM2_SCANS, VIQS_SCANS

CONFIGS = {
    "vim2": {
        "arch": "vim2",
        "dims": [48, 96, 160, 192],
        "token_mixers": [[2], [2], [2, 2], [1]],
        "channel_inner": [96, 192, 240, 192],
        "d_state": 16,
        "expand": 2,
        "scans": VIM2_SCANS,
        "sos": {"top_k": 4},
        "scan_parameters": "shared",
        "gate": "linear",
    },
    "viqs": {
        "arch": "viqs",
        "dims": [48, 96, 152, 176],
        "token_mixers": [[2], [2], [2, 2], [1]],
        "channel_inner": [96, 160, 240, 176],
        "d_state": 16,
        "expand": 2,
        "scans": VIQS_SCANS,
        "sos": {"top_k": 2},
        "scan_parameters": "shared",
        "gate": "multires",
    },
}

# Small, or decisive for the dynamics or the routing: kept in float32, all else is stored as float16.
KEPT_EXACT = ("A_log", ".D", "dt_bias", "dt_proj.bias", "w_r", "w_v")


def stored_type(name, value):
    exact = value.ndim == 1 or name.endswith(KEPT_EXACT) or ".router." in name or ".mix." in name
    return np.float32 if exact else np.float16


def export(path, config, tensors, metadata):
    stored = {n: v.detach().cpu().numpy() for n, v in tensors.items()}
    stored = {n: v.astype(stored_type(n, v)) for n, v in stored.items()}
    safetensors_io.write(path, stored, {"mixer_config": json.dumps(config, separators=(",", ":")), **metadata})


def decays(name, value):
    return stored_type(name, value) == np.float16 and "conv" not in name


class Trainer:
    def __init__(self, net, arguments, device):
        self.net, self.arguments, self.device = net, arguments, device
        tensors = net.named_tensors()
        groups = [
            {"params": [v for n, v in tensors.items() if decays(n, v)], "weight_decay": arguments.weight_decay},
            {"params": [v for n, v in tensors.items() if not decays(n, v)], "weight_decay": 0.0},
        ]
        self.rate = torch.zeros((), device=device)
        on_gpu = device.type == "cuda"
        self.optimizer = torch.optim.AdamW(
            groups, lr=self.rate if on_gpu else 1e-3, betas=(0.9, 0.98), capturable=on_gpu
        )
        classes = net.config["num_classes"]
        self.x = torch.zeros(arguments.batch, 3, 64, 64, device=device)
        self.targets = torch.full((arguments.batch, classes), 1 / classes, device=device)
        self.loss = torch.zeros((), device=device)
        self.graph = None

    def raw_step(self):
        logits, balance = self.net(self.x)
        smoothed = 0.9 * self.targets + 0.1 / self.targets.shape[1]
        loss = -(smoothed * logits.log_softmax(-1)).sum(-1).mean() + balance
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.loss.copy_(loss.detach())

    def capture(self):
        """Record one step as a CUDA graph: thousands of small kernels would otherwise wait for their launches."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.optimizer.zero_grad(set_to_none=True)
                self.raw_step()
        torch.cuda.current_stream().wait_stream(stream)
        self.optimizer.zero_grad(set_to_none=True)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.raw_step()

    def step(self, x, targets, rate):
        self.x.copy_(x)
        self.targets.copy_(targets)
        if self.graph is not None:
            self.rate.fill_(rate)
            self.graph.replay()
            return
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        self.raw_step()


def accuracy(net, images, labels, batch=500):
    """Top-1 and top-5 in percent; images uint8 (n, 3, 64, 64)."""
    net.eval()
    hits = np.zeros(2)
    with torch.no_grad():
        for start in range(0, len(images), batch):
            logits, _ = net(demo_data.normalize(images[start : start + batch]))
            best = logits.topk(5, -1).indices == labels[start : start + batch, None]
            hits += [best[:, 0].sum().item(), best.sum().item()]
    net.train()
    return 100 * hits / len(images)


def learning_rate(progress, peak):
    warm = 0.04
    if progress < warm:
        return peak * (0.01 + 0.99 * progress / warm)
    return peak * (0.002 + 0.998 * 0.5 * (1 + math.cos(math.pi * (progress - warm) / (1 - warm))))


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=[*CONFIGS, "convnet"])
    parser.add_argument("--train", required=True)
    parser.add_argument("--out", help="the checkpoint; none for convnet")
    parser.add_argument("--report", help="pictures to measure the result on, once, at the end")
    parser.add_argument("--epochs", type=float, help="length of the run, in place of --seconds")
    parser.add_argument("--seconds", type=float, default=540, help="length of the run; the schedule follows the clock")
    parser.add_argument("--holdout", action="store_true", help="keep every tenth picture back and report on these")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--drop-path", type=float, default=0.05)
    parser.add_argument("--strength", type=float, default=1.0, help="of the augmentation")
    parser.add_argument(
        "--start", help="a checkpoint of this script to go on from (weights alone, the schedule restarts)"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if (arguments.out is None) != (arguments.family == "convnet"):
        parser.error("--out is needed but for convnet, which is not written")
    return arguments


def main():
    arguments = parse()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.manual_seed(arguments.seed)
    images, labels, names = demo_data.load_split(arguments.train)
    held = demo_data.hold_out(labels) if arguments.holdout else np.zeros(len(labels), bool)
    images = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(device)
    labels = torch.from_numpy(labels).to(device)
    held = torch.from_numpy(held).to(device)
    checks, check_labels = (images[held], labels[held]) if arguments.holdout else (images[:2500], labels[:2500])
    images, labels = images[~held], labels[~held]

    config = {**CONFIGS.get(arguments.family, {}), "num_classes": len(names), "image_size": [64, 64]}
    config.update({"mean": demo_data.MEAN, "std": demo_data.STD, "labels": names})
    network = PlainConvNet if arguments.family == "convnet" else FastNetwork
    net = network(config, arguments.seed, arguments.drop_path).to(device).train()
    if arguments.start:
        tensors, earlier = safetensors_io.read(arguments.start)
        for name, parameter in net.named_tensors().items():
            parameter.data.copy_(torch.from_numpy(tensors[name]))
    averaged = copy.deepcopy(net)
    live, mean = list(net.parameters()), list(averaged.parameters())
    trainer = Trainer(net, arguments, device)
    print(arguments.family, sum(p.numel() for p in live), "parameters,", len(images), "pictures", flush=True)
    if device.type == "cuda":
        trainer.capture()
        for parameter, start in zip(live, mean):
            parameter.data.copy_(start)  # undo the warm-up steps

    begin = time.time()
    progress, steps, shown = 0.0, 0, 0
    while progress < 1:
        pick = torch.randint(len(images), (arguments.batch,), device=device)
        x, targets = demo_data.augment(images[pick], labels[pick], len(names), arguments.strength)
        trainer.step(x, targets, learning_rate(progress, arguments.rate))
        steps += 1
        keep = min(0.9995, (1 + steps) / (10 + steps))
        with torch.no_grad():
            torch._foreach_mul_(mean, keep)
            torch._foreach_add_(mean, live, alpha=1 - keep)
            for stored, current in zip(averaged.buffers(), net.buffers()):  # of batch normalization, where there is any
                stored.copy_(current)
        if steps % 10 == 0 and device.type == "cuda":
            torch.cuda.synchronize()
        if arguments.epochs:
            progress = steps * arguments.batch / (arguments.epochs * len(images))
        else:
            progress = (time.time() - begin) / arguments.seconds
        if progress * 12 >= shown + 1 or progress >= 1:
            shown = int(progress * 12)
            top = accuracy(averaged, checks, check_labels)
            epochs = steps * arguments.batch / len(images)
            what = "held out" if arguments.holdout else "seen in training"
            seconds, loss = time.time() - begin, trainer.loss.item()
            print(f"{arguments.family} {seconds:5.0f} s step {steps} epoch {epochs:.1f} loss {loss:.3f}", end=" ")
            print(f"top-1 {top[0]:.2f} top-5 {top[1]:.2f} ({what})", flush=True)
    recipe = {
        "data": "tinyimagenet50 train",
        "pictures": len(images),
        "seconds": round(time.time() - begin),
        "steps": steps,
        "epochs": round(steps * arguments.batch / len(images), 1),
        **{key: getattr(arguments, key) for key in ("batch", "rate", "weight_decay", "drop_path", "strength", "seed")},
    }
    if arguments.start:
        recipe["start"] = json.loads(earlier["mixer_training"])
    if arguments.report:
        pictures, truth, report_names = demo_data.load_split(arguments.report)
        assert report_names == names
        pictures = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous().to(device)
        top = accuracy(averaged, pictures, torch.from_numpy(truth).to(device))
        print(f"{arguments.family} top-1 {top[0]:.2f} top-5 {top[1]:.2f} on {arguments.report}; {json.dumps(recipe)}")
    if arguments.out:
        export(arguments.out, config, averaged.named_tensors(), {"mixer_training": json.dumps(recipe)})


if __name__ == "__main__":
    main()
