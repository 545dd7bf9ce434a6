# SPDX-License-Identifier: MIT
"""ViM2 and ViQS in plain PyTorch, written from MODEL.md alone: slow, float64 by default, and easy to check by eye.

Letters as in MODEL.md: B batch, H x W token grid, L = H * W, D model channels, E inner channels, N state size, R rank
of the step-size projection, S scans in the set, K scans chosen per image, G parameter groups, P inner width and Q
directions of the channel mixer.
"""

import json

import torch
import torch.nn.functional as F

import safetensors_io
from scans import scan_order

CHANNEL_RANK = 4  # R_c of section 6
POOL = 4  # side of the pooled map phi of section 6


# ---------------------------------------------------------------------------------------------------- sections 1 and 2


def s6(u, delta, A, Bm, Cm, D, keep=()):
    """Causal selective scan, section 1, as a loop over time.

    u, delta (M, E, T) in scan order; A broadcasts to (M, E, N); Bm, Cm (M, N, T); D broadcasts to (M, E, T).
    Returns y (M, E, T) and the states h_t (M, E, N) of the steps listed in `keep`, in that order.
    """
    h = torch.zeros_like(delta[:, :, :1] * A)
    y = torch.empty_like(u)
    states = {}
    for t in range(u.shape[2]):
        step = delta[:, :, t, None]
        h = torch.exp(step * A) * h + step * u[:, :, t, None] * Bm[:, None, :, t]
        y[:, :, t] = (h * Cm[:, None, :, t]).sum(-1)
        if t in keep:
            states[t] = h
    return y + D * u, [states[t] for t in keep]


def quasi_separable(u, delta, A, Bm, Cm, D, keep=()):
    """Non-causal scan, section 2. Same arguments as `s6`.

    Returns y, the forward states h_t and the backward states k_t of the kept steps. Both contain the token's own term.
    """
    length = u.shape[2]
    forward, h = s6(u, delta, A, Bm, Cm, 0.0, keep)
    mirrored = [length - 1 - t for t in keep]
    backward, k = s6(u.flip(2), delta.flip(2), A, Bm.flip(2), Cm.flip(2), 0.0, mirrored)
    own = delta * u * (Bm * Cm).sum(1, keepdim=True)
    return forward + backward.flip(2) - own + D * u, h, k


# ---------------------------------------------------------------------------------------------------- configuration


def complete_config(config):
    """Fill in the defaults of the optional keys (sections 8 and 9)."""
    full = {
        "d_state": 16,
        "expand": 2,
        "scan_parameters": "shared",
        "gate": "linear" if config["arch"] == "vim2" else "multires",
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
    }
    full.update(config)
    return full


def tensor_shapes(config):
    """Name -> shape of every tensor of a checkpoint with this configuration (table of section 9)."""
    c = complete_config(config)
    dims, state, scans = c["dims"], c["d_state"], len(c["scans"])
    groups = 1 if c["scan_parameters"] == "shared" else scans
    directions = 2 if c["arch"] == "vim2" else 1
    shapes = {"stem.proj.weight": (dims[0], 3, 4, 4), "stem.proj.bias": (dims[0],)}

    def norm(name, width):
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (width,)

    norm("stem.norm", dims[0])
    for i, (dim, blocks, inner) in enumerate(zip(dims, c["token_mixers"], c["channel_inner"])):
        stage = f"stages.{i}"
        if i > 0:
            norm(f"{stage}.downsample.norm", 4 * dims[i - 1])
            shapes[f"{stage}.downsample.reduction.weight"] = (dim, 4 * dims[i - 1])
        n = len(blocks)
        shapes.update({f"{stage}.mix.{key}": (n, n) for key in ("alpha", "beta", "gamma")})
        shapes[f"{stage}.mix.theta"] = (n, n + 1)
        for b, count in enumerate(blocks):
            for m in range(count):
                name = f"{stage}.blocks.{b}.token_mixers.{m}"
                wide, rank = c["expand"] * dim, -(-dim // 16)
                norm(f"{name}.norm", dim)
                norm(f"{name}.out_norm", wide)
                shapes[f"{name}.in_proj.weight"] = shapes[f"{name}.gate_proj.weight"] = (wide, dim)
                shapes[f"{name}.conv.weight"], shapes[f"{name}.conv.bias"] = (wide, 1, 3, 3), (wide,)
                if c["gate"] == "multires":
                    for k in (3, 5, 7):
                        shapes[f"{name}.gate_conv.{k}.weight"] = (wide, 1, k, k)
                        shapes[f"{name}.gate_conv.{k}.bias"] = (wide,)
                if c["sos"] is not None:
                    hidden = max(16, dim // 4)
                    shapes[f"{name}.router.fc1.weight"], shapes[f"{name}.router.fc1.bias"] = (hidden, dim), (hidden,)
                    shapes[f"{name}.router.fc2.weight"], shapes[f"{name}.router.fc2.bias"] = (scans, hidden), (scans,)
                shapes[f"{name}.x_proj.weight"] = (groups, rank + 2 * state, wide)
                shapes[f"{name}.dt_proj.weight"] = (groups, wide, rank)
                shapes[f"{name}.dt_proj.bias"] = (scans, wide)
                shapes[f"{name}.A_log"], shapes[f"{name}.D"] = (groups, wide, state), (groups, wide)
                shapes[f"{name}.out_proj.weight"] = (dim, wide)
            name = f"{stage}.blocks.{b}.channel_mixer"
            norm(f"{name}.norm", dim)
            norm(f"{name}.out_norm", inner)
            shapes[f"{name}.in_proj.weight"] = shapes[f"{name}.gate_proj.weight"] = (inner, dim)
            shapes[f"{name}.conv.weight"], shapes[f"{name}.conv.bias"] = (1, 1, 3), (1,)
            shapes[f"{name}.select.weight"] = (directions, CHANNEL_RANK + 2 * state, POOL * POOL)
            shapes[f"{name}.w_r"], shapes[f"{name}.w_v"] = (directions, CHANNEL_RANK), (directions,)
            shapes[f"{name}.dt_bias"] = shapes[f"{name}.D"] = (directions, inner)
            shapes[f"{name}.A_log"] = (directions, state)
            shapes[f"{name}.out_proj.weight"] = (dim, inner)
    norm("head.norm", dims[-1])
    shapes["head.fc.weight"], shapes["head.fc.bias"] = (c["num_classes"], dims[-1]), (c["num_classes"],)
    return shapes


# ---------------------------------------------------------------------------------------------------- the network


class Network:
    """A checkpoint that can be run. `tensors` maps the names of section 9 to arrays; all arithmetic is in `dtype`."""

    def __init__(self, config, tensors, dtype=torch.float64, device="cpu"):
        self.config = complete_config(config)
        shapes = tensor_shapes(self.config)
        if set(shapes) != set(tensors):
            raise ValueError(f"tensor names differ: {sorted(set(shapes) ^ set(tensors))}")
        for name, shape in shapes.items():
            if tuple(tensors[name].shape) != shape:
                raise ValueError(f"{name}: expected shape {shape}, found {tuple(tensors[name].shape)}")
        self.weights = {name: torch.as_tensor(value).to(device, dtype) for name, value in tensors.items()}
        self.orders = {}

    @classmethod
    def load(cls, path, dtype=torch.float64, device="cpu"):
        tensors, metadata = safetensors_io.read(path)
        return cls(json.loads(metadata["mixer_config"]), tensors, dtype, device)

    def mixer_names(self):
        """Names of all mixers in the order in which they run."""
        names = []
        for i, blocks in enumerate(self.config["token_mixers"]):
            for b, count in enumerate(blocks):
                names += [f"stages.{i}.blocks.{b}.token_mixers.{m}" for m in range(count)]
                names.append(f"stages.{i}.blocks.{b}.channel_mixer")
        return names

    def __call__(self, image, trace=None, detail=()):
        """Logits (B, classes) of a normalized image (B, 3, h, w); section 8.

        `trace`, a dictionary, receives `<mixer>.<what>` for all mixers, the large intermediates for those in `detail`.
        """
        self.trace, self.detail = trace, detail
        x = F.conv2d(image, self["stem.proj.weight"], self["stem.proj.bias"], stride=4)
        x = self.norm("stem.norm", x.permute(0, 2, 3, 1))
        for i in range(len(self.config["dims"])):
            if i > 0:
                x = self.patch_merging(f"stages.{i}.downsample", x)
            x = self.stage(i, x)
        pooled = self.norm("head.norm", x).mean((1, 2))
        return pooled @ self["head.fc.weight"].T + self["head.fc.bias"]

    def __getitem__(self, name):
        return self.weights[name]

    def record(self, name, large=False, **values):
        if self.trace is not None and (not large or name in self.detail):
            self.trace.update({f"{name}.{what}": value for what, value in values.items()})

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self[f"{name}.weight"], self[f"{name}.bias"], 1e-5)

    def order(self, name, height, width):
        key = (name, height, width)
        if key not in self.orders:
            self.orders[key] = torch.tensor(scan_order(name, height, width), device=self["stem.proj.bias"].device)
        return self.orders[key]

    def patch_merging(self, name, x):
        """Section 8: zero-pad to even sides, concatenate each 2 x 2 neighbourhood column by column, LN, linear."""
        _, height, width, _ = x.shape
        x = F.pad(x, (0, 0, 0, width % 2, 0, height % 2))
        offsets = [(0, 0), (1, 0), (0, 1), (1, 1)]
        x = torch.cat([x[:, row::2, column::2] for row, column in offsets], -1)
        return self.norm(f"{name}.norm", x) @ self[f"{name}.reduction.weight"].T

    def stage(self, i, x):
        """Weighted averaging of earlier features, section 7."""
        mix = {key: self[f"stages.{i}.mix.{key}"] for key in ("alpha", "beta", "theta", "gamma")}
        y_token, y_channel = [x], [x]
        for b, count in enumerate(self.config["token_mixers"][i]):
            # Block number l of the formulas is b + 1, so sums over i < l run over the first b + 1 features.
            x = sum(mix["alpha"][b, j] * y_token[j] + mix["beta"][b, j] * y_channel[j] for j in range(b + 1))
            for m in range(count):
                x = self.token_mixer(f"stages.{i}.blocks.{b}.token_mixers.{m}", x)
            y_token.append(x)
            x = sum(mix["theta"][b, j] * y_token[j] for j in range(b + 2))
            x = x + sum(mix["gamma"][b, j] * y_channel[j] for j in range(b + 1))
            y_channel.append(self.channel_mixer(f"stages.{i}.blocks.{b}.channel_mixer", x))
        return y_channel[-1]

    # ------------------------------------------------------------------------------------------------ section 4

    def route(self, name, x_hat):
        """Switch of Scans: chosen (B, K) indices into the scan set, rising, and their weights omega (B, K)."""
        batch, scans = x_hat.shape[0], len(self.config["scans"])
        if self.config["sos"] is None:
            chosen = torch.arange(scans, device=x_hat.device).expand(batch, scans)
            return chosen, torch.ones_like(chosen, dtype=x_hat.dtype)
        top_k = self.config["sos"]["top_k"]
        z = x_hat.mean((1, 2))
        hidden = F.silu(z @ self[f"{name}.router.fc1.weight"].T + self[f"{name}.router.fc1.bias"])
        logits = hidden @ self[f"{name}.router.fc2.weight"].T + self[f"{name}.router.fc2.bias"]
        p = logits.softmax(-1)
        # A stable sort keeps the lower index first among equal logits.
        ranked = torch.sort(logits, dim=-1, descending=True, stable=True).indices
        chosen = ranked[:, :top_k].sort(-1).values
        omega = p.gather(1, chosen)
        omega = omega / omega.sum(-1, keepdim=True)
        self.record(name, router_logits=logits, router_p=p)
        return chosen, omega

    # ------------------------------------------------------------------------------------------------ section 5

    def token_gate(self, name, x_hat):
        z = x_hat @ self[f"{name}.gate_proj.weight"].T
        if self.config["gate"] == "multires":
            z = z + sum(self.depthwise(f"{name}.gate_conv.{k}", z) for k in (3, 5, 7))
        return z

    def depthwise(self, name, x):
        weight = self[f"{name}.weight"]
        y = F.conv2d(
            x.permute(0, 3, 1, 2), weight, self[f"{name}.bias"], padding=weight.shape[-1] // 2, groups=weight.shape[0]
        )
        return y.permute(0, 2, 3, 1)

    def token_mixer(self, name, x):
        """Selective Token Mixer, section 5: x (B, H, W, D) to the same shape."""
        c = self.config
        batch, height, width, dim = x.shape
        tokens, state = height * width, c["d_state"]
        self.record(name, input=x)
        x_hat = self.norm(f"{name}.norm", x)
        u = F.silu(self.depthwise(f"{name}.conv", x_hat @ self[f"{name}.in_proj.weight"].T))
        wide = u.shape[-1]
        u = u.reshape(batch, tokens, wide).transpose(1, 2)  # (B, E, L), raster
        gate = F.silu(self.token_gate(name, x_hat)).reshape(batch, tokens, wide).transpose(1, 2)

        chosen, omega = self.route(name, x_hat)
        count = chosen.shape[1]
        self.record(name, chosen=chosen, omega=omega)
        group = torch.zeros_like(chosen) if c["scan_parameters"] == "shared" else chosen
        orders = torch.stack([self.order(s, height, width) for s in c["scans"]])[chosen]  # (B, K, L)
        flat = batch * count

        # Gather every chosen scan: v[b, k, :, t] = u[b, :, orders[b, k, t]].
        index = orders[:, :, None].expand(batch, count, wide, tokens)
        v = u[:, None].expand(batch, count, wide, tokens).gather(3, index)
        projected = self[f"{name}.x_proj.weight"][group] @ v  # (B, K, R + 2N, L)
        rank = projected.shape[2] - 2 * state
        r, Bm, Cm = projected.split([rank, state, state], 2)
        bias = self[f"{name}.dt_proj.bias"][chosen][..., None]
        delta = softplus(self[f"{name}.dt_proj.weight"][group] @ r + bias)
        A = -torch.exp(self[f"{name}.A_log"])[group].reshape(flat, wide, state)
        D = self[f"{name}.D"][group].reshape(flat, wide, 1)

        steps = kept_steps(tokens) if name in self.detail else []
        arguments = [a.reshape(flat, a.shape[2], tokens) for a in (v, delta)] + [A]
        arguments += [a.reshape(flat, state, tokens) for a in (Bm, Cm)] + [D]
        y, states = self.scan(arguments, steps)

        # Unscan: position orders[t] of the raster receives step t.
        def unscan(a):
            a = a.reshape(batch, count, -1, tokens)
            return torch.empty_like(a).scatter(3, orders[:, :, None].expand_as(a), a)

        y = unscan(y)
        merged = (omega[:, :, None, None] * y).sum(1)
        Bm, Cm = unscan(Bm), unscan(Cm)
        if c["scan_parameters"] == "shared":
            Bm, Cm = Bm[:, :1], Cm[:, :1]  # in raster order all scans see the same maps
        self.record(name, True, u=u, delta=unscan(delta), Bm=Bm, Cm=Cm, gate_out=gate, scan_out=y, y=merged)
        self.record_states(name, states, steps, (batch, count))
        mixed = self.norm(f"{name}.out_norm", merged.transpose(1, 2)) * gate.transpose(1, 2)
        out = x + (mixed @ self[f"{name}.out_proj.weight"].T).reshape(batch, height, width, dim)
        self.record(name, output=out)
        return out

    # ------------------------------------------------------------------------------------------------ section 6

    def channel_mixer(self, name, x):
        """Selective Channel Mixer, section 6: x (B, H, W, D) to the same shape."""
        batch, height, width, dim = x.shape
        tokens, state = height * width, self.config["d_state"]
        self.record(name, input=x)
        x_hat = self.norm(f"{name}.norm", x)
        projected = x_hat @ self[f"{name}.in_proj.weight"].T  # (B, H, W, P)
        inner = projected.shape[-1]
        v = F.conv1d(projected.reshape(-1, 1, inner), self[f"{name}.conv.weight"], self[f"{name}.conv.bias"], padding=1)
        v = F.silu(v).reshape(batch, tokens, inner).transpose(1, 2)  # (B, P, L)
        gate = F.silu(x_hat @ self[f"{name}.gate_proj.weight"].T).reshape(batch, tokens, inner).transpose(1, 2)
        phi = F.adaptive_avg_pool2d(v.reshape(batch, inner, height, width), POOL).reshape(batch, inner, POOL * POOL)

        steps = kept_steps(inner) if name in self.detail else []
        deltas, outputs, states, Bs, Cs = [], [], [], [], []
        for q in range(self[f"{name}.w_v"].shape[0]):
            selected = phi @ self[f"{name}.select.weight"][q].T  # (B, P, R_c + 2N)
            r, Bm, Cm = selected.split([CHANNEL_RANK, state, state], 2)
            raw = (r @ self[f"{name}.w_r"][q])[:, :, None] + self[f"{name}.w_v"][q] * v
            delta = softplus(raw + self[f"{name}.dt_bias"][q][:, None])  # (B, P, L)
            A = -torch.exp(self[f"{name}.A_log"][q])
            D = self[f"{name}.D"][q]
            # Time is the channel and the lanes are the tokens; direction 1 starts at the last channel.
            turn = (lambda a, axis: a.flip(axis)) if q == 1 else (lambda a, axis: a)
            sequence = [turn(a, 1).transpose(1, 2) for a in (v, delta)] + [A]
            sequence += [turn(a, 1).transpose(1, 2) for a in (Bm, Cm)] + [turn(D, 0)]
            y, kept = self.scan(sequence, steps)
            deltas.append(delta)
            outputs.append(turn(y, 2).transpose(1, 2))
            states.append(kept)
            Bs.append(Bm)
            Cs.append(Cm)
        y = sum(outputs)
        self.record(name, True, u=v, delta=torch.stack(deltas, 1), Bm=torch.stack(Bs, 1), Cm=torch.stack(Cs, 1))
        self.record(name, True, gate_out=gate, scan_out=torch.stack(outputs, 1), y=y)
        joined = {key: [torch.stack(pair, 1) for pair in zip(*[kept[key] for kept in states])] for key in states[0]}
        self.record_states(name, joined, steps, (batch, len(outputs)))
        mixed = self.norm(f"{name}.out_norm", y.transpose(1, 2)) * gate.transpose(1, 2)
        out = x + (mixed @ self[f"{name}.out_proj.weight"].T).reshape(batch, height, width, dim)
        self.record(name, output=out)
        return out

    # ------------------------------------------------------------------------------------------------ both mixers

    def scan(self, arguments, steps):
        """The family's scan; states by the name under which they are recorded."""
        if self.config["arch"] == "vim2":
            y, h = s6(*arguments, keep=steps)
            return y, {"states": h}
        y, h, k = quasi_separable(*arguments, keep=steps)
        return y, {"states": h, "states_backward": k}

    def record_states(self, name, states, steps, leading):
        """States as (B, K or Q, steps, lanes, N) with the I64 list of steps, counted in the scan's own direction."""
        if not steps:
            return
        self.record(name, True, state_steps=torch.tensor(steps))
        for key, kept in states.items():
            stacked = torch.stack([h.reshape(*leading, *h.shape[-2:]) for h in kept], 2)
            self.record(name, True, **{key: stacked})


def softplus(x):
    """log(1 + e^x), linear above 20."""
    return F.softplus(x, beta=1.0, threshold=20.0)


def kept_steps(length):
    """Steps at which states are recorded: one in the first third, where both directions have memory, and the last."""
    return sorted({length // 3, length - 1})
