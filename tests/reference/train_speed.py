# SPDX-License-Identifier: MIT
"""Images a second of training in plain PyTorch: `train_speed.py CHECKPOINT [--batch 64] [--steps 4] [--threads 2]`.

The comparison for `mixerscope train --init CHECKPOINT`: the same net, loss, clipping and AdamW; scans as a Python loop
over the steps (fast_scan.py without Triton). Pictures are noise, so nothing is decoded.
"""

import argparse
import json
import statistics
import time

import torch

import safetensors_io
from fast_model import FastNetwork


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tensors, metadata = safetensors_io.read(arguments.checkpoint)
    config = json.loads(metadata["mixer_config"])
    net = FastNetwork(config, drop_path=0.05).train()
    for name, parameter in net.named_tensors().items():
        parameter.data.copy_(torch.from_numpy(tensors[name]).float())
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, betas=(0.9, 0.98))
    height, width = config["image_size"]
    x = torch.randn(arguments.batch, 3, height, width)
    targets = torch.full((arguments.batch, config["num_classes"]), 1 / config["num_classes"])
    seconds = []
    for _ in range(arguments.steps):
        start = time.time()
        optimizer.zero_grad(set_to_none=True)
        logits, balance = net(x)
        loss = -(targets * logits.log_softmax(-1)).sum(-1).mean() + balance
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        seconds.append(time.time() - start)
    best, middle = min(seconds), statistics.median(seconds)
    print(f"{arguments.batch / best:.1f} images/s at best, {arguments.batch / middle:.1f} in the median step")


if __name__ == "__main__":
    main()
