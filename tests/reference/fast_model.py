# SPDX-License-Identifier: MIT
"""The network of model.py arranged for training: batched routing, fused scans (fast_scan.py), stochastic depth.

Covers what the demonstration nets use: shared scan parameters and a router. test_reference.py compares it with
model.py, gradients included.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

import fast_scan
from initial_values import initial_values
from model import CHANNEL_RANK, POOL, complete_config
from scans import scan_order

BALANCE = 0.01  # lambda of section 4
JITTER = 0.01  # half width of the noise on z, section 4


class FastNetwork(nn.Module):
    def __init__(self, config, seed=0, drop_path=0.0):
        super().__init__()
        self.config = complete_config(config)
        if self.config["scan_parameters"] != "shared" or self.config["sos"] is None:
            raise ValueError("FastNetwork trains nets with a router and shared scan parameters only")
        values = initial_values(self.config, seed)
        self.weights = nn.ParameterDict(
            {n.replace(".", "/"): nn.Parameter(torch.from_numpy(v)) for n, v in values.items()}
        )
        self.mixers = sum(len(blocks) + sum(blocks) for blocks in self.config["token_mixers"])
        self.drop_path = drop_path
        self.tables = {}

    def named_tensors(self):
        return {name.replace("/", "."): value for name, value in self.weights.items()}

    def __getitem__(self, name):
        return self.weights[name.replace(".", "/")]

    def forward(self, image):
        """Logits and the load-balancing loss of section 4."""
        self.balance, self.depth = [], 0
        x = F.conv2d(image, self["stem.proj.weight"], self["stem.proj.bias"], stride=4).permute(0, 2, 3, 1)
        x = self.norm("stem.norm", x)
        for i in range(len(self.config["dims"])):
            if i > 0:
                x = self.patch_merging(f"stages.{i}.downsample", x)
            x = self.stage(i, x)
        logits = F.linear(self.norm("head.norm", x).mean((1, 2)), self["head.fc.weight"], self["head.fc.bias"])
        return logits, torch.stack(self.balance).mean()

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self[f"{name}.weight"], self[f"{name}.bias"], 1e-5)

    def residual(self, x, branch):
        """x + branch, the branch dropped for some images; deeper mixers are dropped more often."""
        rate = self.drop_path * self.depth / max(1, self.mixers - 1)
        self.depth += 1
        if self.training and rate > 0:
            keep = torch.rand(x.shape[0], 1, 1, 1, device=x.device) >= rate
            branch = branch * keep / (1 - rate)
        return x + branch

    def patch_merging(self, name, x):
        x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return F.linear(self.norm(f"{name}.norm", x), self[f"{name}.reduction.weight"])

    def stage(self, i, x):
        alpha, beta, theta, gamma = (self[f"stages.{i}.mix.{key}"] for key in ("alpha", "beta", "theta", "gamma"))
        y_token, y_channel = [x], [x]
        for b, count in enumerate(self.config["token_mixers"][i]):
            x = sum(alpha[b, j] * y_token[j] + beta[b, j] * y_channel[j] for j in range(b + 1))
            for m in range(count):
                x = self.token_mixer(f"stages.{i}.blocks.{b}.token_mixers.{m}", x)
            y_token.append(x)
            x = sum(theta[b, j] * y_token[j] for j in range(b + 2)) + sum(
                gamma[b, j] * y_channel[j] for j in range(b + 1)
            )
            y_channel.append(self.channel_mixer(f"stages.{i}.blocks.{b}.channel_mixer", x))
        return y_channel[-1]

    def table(self, key, make):
        if key not in self.tables:
            self.tables[key] = make().to(self["stem.proj.bias"].device)
        return self.tables[key]

    def linear_exact(self, name, x):
        """A linear layer in true float32: no TF32 may touch the choice of scans."""
        return (x[:, None] * self[f"{name}.weight"]).sum(-1) + self[f"{name}.bias"]

    def route(self, name, x_hat):
        scans, top_k = len(self.config["scans"]), self.config["sos"]["top_k"]
        z = x_hat.mean((1, 2))
        if self.training:
            z = z * (1 + JITTER * (2 * torch.rand_like(z) - 1))
        hidden = F.silu(self.linear_exact(f"{name}.router.fc1", z))
        p = self.linear_exact(f"{name}.router.fc2", hidden).softmax(-1)
        chosen = p.topk(top_k, -1).indices.sort(-1).values
        omega = p.gather(1, chosen)
        share = torch.zeros_like(p).scatter(1, chosen, 1.0).mean(0) / top_k
        self.balance.append(BALANCE * scans * (share * p.mean(0)).sum())
        return chosen, omega / omega.sum(-1, keepdim=True)

    def gate(self, name, x_hat):
        z = F.linear(x_hat, self[f"{name}.gate_proj.weight"])
        if self.config["gate"] == "multires":
            # The three kernels act on one input, so they may be added up before they are applied.
            weight = sum(F.pad(self[f"{name}.gate_conv.{k}.weight"], [(7 - k) // 2] * 4) for k in (3, 5, 7))
            bias = sum(self[f"{name}.gate_conv.{k}.bias"] for k in (3, 5, 7))
            z = z + fast_scan.depthwise(z, weight, bias)
        return F.silu(z)

    def token_mixer(self, name, x):
        batch, height, width, _ = x.shape
        tokens, state = height * width, self.config["d_state"]
        x_hat = self.norm(f"{name}.norm", x)
        u = F.linear(x_hat, self[f"{name}.in_proj.weight"])
        u = F.silu(fast_scan.depthwise(u, self[f"{name}.conv.weight"], self[f"{name}.conv.bias"])).flatten(1, 2)
        projected = F.linear(u, self[f"{name}.x_proj.weight"][0])
        r, Bm, Cm = projected.split([projected.shape[-1] - 2 * state, state, state], -1)
        raw = F.linear(r, self[f"{name}.dt_proj.weight"][0])

        chosen, omega = self.route(name, x_hat)
        orders = self.table((height, width), lambda: self.orders(height, width))
        y = fast_scan.scan(
            u,
            raw,
            self[f"{name}.dt_proj.bias"][chosen].flatten(0, 1),
            -torch.exp(self[f"{name}.A_log"]),
            Bm,
            Cm,
            orders[chosen].flatten(0, 1),
            self.config["arch"] == "viqs",
        )
        y = (omega[:, :, None, None] * y.unflatten(0, (batch, -1))).sum(1)
        y = y + self[f"{name}.D"][0] * u  # the weights omega sum to one
        y = self.norm(f"{name}.out_norm", y) * self.gate(name, x_hat).flatten(1, 2)
        return self.residual(x, F.linear(y, self[f"{name}.out_proj.weight"]).reshape(x.shape))

    def orders(self, height, width):
        return torch.tensor([scan_order(s, height, width) for s in self.config["scans"]], dtype=torch.int32)

    def channel_mixer(self, name, x):
        batch, height, width, _ = x.shape
        state = self.config["d_state"]
        x_hat = self.norm(f"{name}.norm", x)
        v = F.linear(x_hat, self[f"{name}.in_proj.weight"]).flatten(1, 2)  # (B, L, P)
        inner = v.shape[-1]
        taps = self[f"{name}.conv.weight"][0, 0]
        padded = F.pad(v, (1, 1))
        v = F.silu(sum(taps[k] * padded[..., k : k + inner] for k in range(3)) + self[f"{name}.conv.bias"])
        v = v.transpose(1, 2).contiguous()  # (B, P, L)
        phi = v @ self.table(("pool", height, width), lambda: pooling(height, width))

        directions = self[f"{name}.w_v"].shape[0]
        selected = torch.einsum("bpf,qsf->bqps", phi, self[f"{name}.select.weight"])
        r, Bm, Cm = selected.split([CHANNEL_RANK, state, state], -1)
        raw = torch.einsum("bqpr,qr->bqp", r, self[f"{name}.w_r"]) + self[f"{name}.dt_bias"]
        raw = raw[..., None] + self[f"{name}.w_v"][:, None, None] * v[:, None]  # (B, Q, P, L)
        order = self.table(("channels", batch, inner, directions), lambda: channel_orders(batch, inner, directions))
        zero = torch.zeros(batch * directions, v.shape[-1], device=v.device)
        y = fast_scan.scan(
            v,
            raw.flatten(0, 1),
            zero,
            -torch.exp(self[f"{name}.A_log"])[:, None],
            Bm.flatten(0, 1),
            Cm.flatten(0, 1),
            order,
            self.config["arch"] == "viqs",
        )
        y = y.unflatten(0, (batch, directions)).sum(1) + self[f"{name}.D"].sum(0)[:, None] * v
        gate = F.silu(F.linear(x_hat, self[f"{name}.gate_proj.weight"])).flatten(1, 2)
        y = self.norm(f"{name}.out_norm", y.transpose(1, 2)) * gate
        return self.residual(x, F.linear(y, self[f"{name}.out_proj.weight"]).reshape(x.shape))


def pooling(height, width):
    """(L, 16) matrix of the adaptive average pool of section 6."""
    unit = torch.eye(height * width).reshape(height * width, 1, height, width)
    return F.adaptive_avg_pool2d(unit, POOL).flatten(1)


def channel_orders(batch, inner, directions):
    forward = torch.arange(inner, dtype=torch.int32)
    return torch.stack([forward, forward.flip(0)][:directions]).repeat(batch, 1)
