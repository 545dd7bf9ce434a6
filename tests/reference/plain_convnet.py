# SPDX-License-Identifier: MIT
"""A plain residual network (He et al., arXiv 1512.03385) of the demonstration nets' size, to compare them with.

Nothing but 3x3 convolutions, batch normalization and ReLU: what a reader would try first on 64x64 pictures. It is
trained by the same script with the same pictures, recipe and number of epochs, and is never shipped.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

WIDTHS = (48, 96, 160, 192)  # of the ViM2 demonstration net
BLOCKS = (2, 2, 2, 1)


class Block(nn.Module):
    def __init__(self, inner, outer, stride, drop):
        super().__init__()
        self.first = nn.Conv2d(inner, outer, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(outer, outer, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outer), nn.BatchNorm2d(outer)])
        self.shortcut = nn.Identity()
        if stride != 1 or inner != outer:
            self.shortcut = nn.Sequential(nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer))
        nn.init.zeros_(self.norms[1].weight)  # begins as its shortcut
        self.drop = drop

    def forward(self, x):
        y = self.norms[1](self.second(F.relu(self.norms[0](self.first(x)))))
        if self.training and self.drop > 0:
            kept = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.drop
            y = y * kept / (1 - self.drop)
        return F.relu(self.shortcut(x) + y)


class PlainConvNet(nn.Module):
    """64x64 pictures to (logits, 0): the second value is the load balance of nets that have routers."""

    def __init__(self, config, seed=0, drop_path=0.0):
        super().__init__()
        torch.manual_seed(seed)
        self.config = config
        self.stem = nn.Conv2d(3, WIDTHS[0], 3, 2, 1, bias=False)
        self.stem_norm = nn.BatchNorm2d(WIDTHS[0])
        blocks, inner = [], WIDTHS[0]
        for stage, (width, count) in enumerate(zip(WIDTHS, BLOCKS)):
            for i in range(count):
                drop = drop_path * len(blocks) / (sum(BLOCKS) - 1)
                blocks.append(Block(inner, width, 2 if i == 0 and stage > 0 else 1, drop))
                inner = width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(inner, config["num_classes"])

    def named_tensors(self):
        return dict(self.named_parameters())

    def forward(self, x):
        x = self.blocks(F.relu(self.stem_norm(self.stem(x))))
        return self.head(x.mean((2, 3))), x.new_zeros(())
