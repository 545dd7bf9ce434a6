# SPDX-License-Identifier: MIT
"""VMamba and Vim for classification, written from their papers and the names of their public checkpoints.

One function for each network: weights by name, a configuration, images (B,3,h,w). They return logits and a dictionary of
intermediates under the names that tests/fixtures/README.md lists. Loops over time, float64.
"""

import math

import torch
import torch.nn.functional as F

import model

EPS = 1e-5


def rms_norm(x, weight):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + EPS) * weight


def norm_of(weights, name, x):
    """LayerNorm where there is a bias, root mean square else; over the last axis."""
    weight = weights[name + ".weight"]
    bias = weights.get(name + ".bias")
    return rms_norm(x, weight) if bias is None else F.layer_norm(x, weight.shape, weight, bias, EPS)


def linear(weights, name, x):
    weight = weights[name + ".weight"]
    return F.linear(x, weight.reshape(weight.shape[0], -1), weights.get(name + ".bias"))


def s6(u, delta, a, b, c, d):
    """u, delta (B,E,T) in scan order, a (E,N), b and c (B,N,T), d (E)."""
    return model.s6(u, delta, a, b, c, d[:, None])[0]


def activation(name, x):
    return {"silu": F.silu, "gelu": F.gelu, "relu": F.relu, "sigmoid": torch.sigmoid}[name](x)


def channels_last(f, x):
    """Applies a map (B,C,H,W) -> (B,C,H,W) to x (B,H,W,C)."""
    return f(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def on_grid(embedding, grid):
    """A position embedding (1,D,h,w) for pictures of another size, as fine-tuning scripts resample it."""
    if embedding.shape[2:] == grid:
        return embedding
    return F.interpolate(embedding, size=tuple(grid), mode="bicubic", align_corners=False)


# --- VMamba -------------------------------------------------------------------------------------------------------------


def scan_orders(kind, height, width):
    """Four permutations: the flat index of the token at each step."""
    index = torch.arange(height * width).view(height, width)
    rows, columns = index.flatten(), index.t().flatten()
    return {
        "cross": [rows, columns, rows.flip(0), columns.flip(0)],
        "one_way": [rows] * 4,
        "two_ways": [rows, rows, rows.flip(0), rows.flip(0)],
    }[kind]


def selective_scans(weights, op, config, u):
    """u (B,H,W,E): every scan's step sizes and output, both (B,4,E,L) in raster order."""
    batch, height, width, inner = u.shape
    x_proj = weights[op + "x_proj_weight"]
    dt_proj = weights[op + "dt_projs_weight"]
    a = -torch.exp(weights[op + "A_logs"]).view(4, inner, -1)
    d = weights[op + "Ds"].view(4, inner)
    states = a.shape[-1]
    tokens = u.reshape(batch, height * width, inner)
    deltas, outputs = [], []
    for scan, order in enumerate(scan_orders(config.get("scan", "cross"), height, width)):
        visited = tokens[:, order]
        r, b, c = (visited @ x_proj[scan].t()).split([dt_proj.shape[-1], states, states], dim=-1)
        delta = model.softplus(r @ dt_proj[scan].t() + weights[op + "dt_projs_bias"][scan]).transpose(1, 2)
        y = s6(visited.transpose(1, 2), delta, a[scan], b.transpose(1, 2), c.transpose(1, 2), d[scan])
        back = torch.empty_like(order)
        back[order] = torch.arange(order.numel())
        deltas.append(delta[:, :, back])
        outputs.append(y[:, :, back])
    return torch.stack(deltas, 1), torch.stack(outputs, 1)


def output_norm(weights, op, config, y):
    """y (B,H,W,E)."""
    kind = config.get("out_norm", "layer")
    if kind == "layer":
        y = norm_of(weights, op + "out_norm", y)
    if kind == "cnorm":
        y = norm_of(weights, op + "out_norm.0", y)
    if kind in ("cnorm", "dwconv3"):
        weight = weights[op + ("out_norm.2.weight" if kind == "cnorm" else "out_norm.1.weight")]
        y = channels_last(lambda x: F.conv2d(x, weight, padding=1, groups=x.shape[1]), y)
    if kind == "softmax":
        y = torch.softmax(y.flatten(1, 2), 1).view(y.shape)
    if kind == "sigmoid":
        y = torch.sigmoid(y)
    return F.gelu(y) if config.get("out_gelu") else y


def cross_scan_mixer(weights, block, config, x, record):
    op = block + "op."
    act = config.get("activation", "silu")
    inner = weights[op + "dt_projs_weight"].shape[1]
    before = x if config.get("post_norm") else norm_of(weights, block + "norm", x)
    v = linear(weights, op + "in_proj", before)
    z = None
    if v.shape[-1] == 2 * inner:
        v, z = v.split(inner, dim=-1)
        z = z if config.get("gate") == "linear" else activation(act, z)
    if op + "conv2d.weight" in weights:
        weight, bias = weights[op + "conv2d.weight"], weights.get(op + "conv2d.bias")
        v = channels_last(lambda m: F.conv2d(m, weight, bias, padding=weight.shape[-1] // 2, groups=inner), v)
    u = activation(act, v)
    delta, scan_out = selective_scans(weights, op, config, u)
    total = scan_out.sum(1)
    y = output_norm(weights, op, config, total.transpose(1, 2).view(u.shape))
    out = linear(weights, op + "out_proj", y if z is None else y * z)
    out = x + (norm_of(weights, block + "norm", out) if config.get("post_norm") else out)

    def lanes_first(tokens):
        return tokens.flatten(1, 2).transpose(1, 2)

    images = x.shape[0]
    entry = {
        "input": x,
        "output": out,
        "u": lanes_first(u),
        "delta": delta,
        "scan_out": scan_out,
        "y": total,
        "chosen": torch.arange(4).expand(images, 4),
        "omega": torch.ones(images, 4, dtype=x.dtype),
    }
    if z is not None:
        entry["gate_out"] = lanes_first(z)
    record(op[:-1], entry)
    return out


def mlp(weights, block, config, x):
    act = config.get("mlp_activation", "gelu")
    hidden = linear(weights, block + "mlp.fc1", x if config.get("post_norm") else norm_of(weights, block + "norm2", x))
    width = weights[block + "mlp.fc2.weight"].shape[1]
    if hidden.shape[-1] == 2 * width:
        hidden = hidden[..., :width] * activation(act, hidden[..., width:])
    else:
        hidden = activation(act, hidden)
    out = linear(weights, block + "mlp.fc2", hidden)
    return x + (norm_of(weights, block + "norm2", out) if config.get("post_norm") else out)


def embed(weights, images):
    """Patch embedding of both versions, to (B,H,W,D)."""
    weight = weights["patch_embed.0.weight"]
    overlapping = "patch_embed.5.weight" in weights
    stride = weight.shape[-1] - 1 if overlapping else weight.shape[-1]
    x = F.conv2d(images, weight, weights["patch_embed.0.bias"], stride, 1 if overlapping else 0).permute(0, 2, 3, 1)
    x = norm_of(weights, "patch_embed.2", x) if "patch_embed.2.weight" in weights else x
    if overlapping:
        w, b = weights["patch_embed.5.weight"], weights["patch_embed.5.bias"]
        x = channels_last(lambda m: F.conv2d(F.gelu(m), w, b, stride, 1), x)
        x = norm_of(weights, "patch_embed.7", x) if "patch_embed.7.weight" in weights else x
    if "pos_embed" in weights:
        x = x + on_grid(weights["pos_embed"], x.shape[1:3]).permute(0, 2, 3, 1)
    return x


def downsample(weights, layer, x):
    """Patch merging (a norm of 4D, then a linear layer), or a convolution, then a norm."""
    first = weights[layer + "downsample.1.weight"]
    if first.dim() == 1:
        x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        corners = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return linear(weights, layer + "downsample.2", norm_of(weights, layer + "downsample.1", torch.cat(corners, -1)))
    bias, padding = weights[layer + "downsample.1.bias"], 1 if first.shape[-1] == 3 else 0
    x = channels_last(lambda m: F.conv2d(m, first, bias, 2, padding), x)
    return norm_of(weights, layer + "downsample.3", x)


def run_vmamba(weights, config, images):
    recorded = {}

    def record(name, entry):
        recorded.update({f"{name}.{key}": value for key, value in entry.items()})

    def is_there(name):
        return any(key.startswith(name) for key in weights)

    x = embed(weights, images)
    stage = 0
    while is_there(f"layers.{stage}."):
        block = 0
        while is_there(f"layers.{stage}.blocks.{block}."):
            name = f"layers.{stage}.blocks.{block}."
            x = cross_scan_mixer(weights, name, config, x, record)
            if name + "mlp.fc1.weight" in weights:
                x = mlp(weights, name, config, x)
            block += 1
        if is_there(f"layers.{stage}.downsample."):
            x = downsample(weights, f"layers.{stage}.", x)
        stage += 1
    logits = linear(weights, "classifier.head", norm_of(weights, "classifier.norm", x).mean((1, 2)))
    return logits, recorded


# --- Vim ----------------------------------------------------------------------------------------------------------------


def causal_conv(v, weight, bias):
    """v (B,E,T): every token sees itself and the kernel's length - 1 before it."""
    return F.conv1d(F.pad(v, (weight.shape[-1] - 1, 0)), weight, bias, groups=v.shape[1])


def one_direction(weights, mixer, suffix, a_log, v):
    """v (B,E,T) in the order of the scan: u, step sizes and output."""
    u = F.silu(causal_conv(v, weights[mixer + f"conv1d{suffix}.weight"], weights.get(mixer + f"conv1d{suffix}.bias")))
    a = -torch.exp(weights[mixer + a_log])
    dt_weight = weights[mixer + f"dt_proj{suffix}.weight"]
    states = a.shape[-1]
    rbc = u.transpose(1, 2) @ weights[mixer + f"x_proj{suffix}.weight"].t()
    r, b, c = rbc.split([dt_weight.shape[-1], states, states], dim=-1)
    delta = model.softplus(r @ dt_weight.t() + weights[mixer + f"dt_proj{suffix}.bias"]).transpose(1, 2)
    return u, delta, b.transpose(1, 2), c.transpose(1, 2), a


def bidirectional_mixer(weights, layer, config, x, record):
    mixer = layer + "mixer."
    directions = config.get("directions", "two")
    inner = weights[mixer + "A_log"].shape[0]
    v, z = linear(weights, mixer + "in_proj", norm_of(weights, layer + "norm", x)).transpose(1, 2).split(inner, dim=1)
    u, delta, b, c, a = one_direction(weights, mixer, "", "A_log", v)
    first_u = u
    deltas, outputs = [delta], [s6(u, delta, a, b, c, weights[mixer + "D"])]
    if directions == "two":
        u, delta, b, c, a = one_direction(weights, mixer, "_b", "A_b_log", v.flip(-1))
        outputs.append(s6(u, delta, a, b, c, weights[mixer + "D_b"]).flip(-1))
        deltas.append(delta.flip(-1))
    if directions == "shared":
        back = -torch.exp(weights[mixer + "A_b_log"])
        flipped = [t.flip(-1) for t in (u, delta, b, c)]
        outputs.append(
            s6(flipped[0], flipped[1], back, flipped[2], flipped[3], weights[mixer + "D"]).flip(-1)
        )
        deltas.append(delta)
    omega = 0.5 if directions == "two" and config.get("halved", True) else 1.0
    total = omega * sum(outputs)
    out = linear(weights, mixer + "out_proj", (total * F.silu(z)).transpose(1, 2))
    if mixer + "gamma" in weights:
        out = out * weights[mixer + "gamma"]
    count = len(outputs)
    record(
        mixer[:-1],
        {
            "input": x,
            "output": x + out,
            "u": first_u,
            "delta": torch.stack(deltas, 1),
            "scan_out": torch.stack(outputs, 1),
            "y": total,
            "gate_out": F.silu(z),
            "chosen": torch.arange(count).expand(x.shape[0], count),
            "omega": torch.full((x.shape[0], count), omega, dtype=x.dtype),
        },
    )
    return x + out


def with_class_tokens(weights, config, patches):
    """The sequence, and where its class tokens lie."""
    count = patches.shape[1]

    def token(name):
        return weights[name].expand(patches.shape[0], -1, -1)

    if "cls_token_head" in weights:
        return torch.cat([token("cls_token_head"), patches, token("cls_token_tail")], 1), [0, count + 1]
    if "cls_token" not in weights:
        return patches, []
    place = 0 if config.get("class_token") == "first" else count // 2
    return torch.cat([patches[:, :place], token("cls_token"), patches[:, place:]], 1), [place]


def positions(embedding, config, places, grid):
    """The embedding (1,T,D) of the patches on this grid; those of the class tokens stay what they are."""
    count = embedding.shape[1] - len(places)
    height, width = config.get("pos_embed", (math.isqrt(count),) * 2)
    if (height, width) == tuple(grid):
        return embedding
    trained = {0: [], 1: [count // 2], 2: [0, count + 1]}[len(places)]
    if config.get("class_token") == "first":
        trained = [0]
    tokens = [t for t in range(embedding.shape[1]) if t not in trained]
    patches = embedding[:, tokens].transpose(1, 2).unflatten(2, (height, width))
    sequence = list(on_grid(patches, grid).flatten(2).transpose(1, 2).unbind(1))
    for place, token in zip(places, trained):
        sequence.insert(place, embedding[:, token])
    return torch.stack(sequence, 1)


def run_vim(weights, config, images):
    recorded = {}

    def record(name, entry):
        recorded.update({f"{name}.{key}": value for key, value in entry.items()})

    weight = weights["patch_embed.proj.weight"]
    patches = F.conv2d(images, weight, weights["patch_embed.proj.bias"], config.get("stride", weight.shape[-1]))
    x, places = with_class_tokens(weights, config, patches.flatten(2).transpose(1, 2))
    if "pos_embed" in weights:
        x = x + positions(weights["pos_embed"], config, places, patches.shape[2:])
    layer = 0
    while f"layers.{layer}.norm.weight" in weights:
        x = bidirectional_mixer(weights, f"layers.{layer}.", config, x, record)
        layer += 1
    x = norm_of(weights, "norm_f", x)
    if places:
        return linear(weights, "head", x[:, places].mean(1)), recorded
    pool = config.get("pool", "mean")
    if pool == "max":
        return linear(weights, "head", x).max(1)[0], recorded
    return linear(weights, "head", x.mean(1) if pool == "mean" else x[:, -1]), recorded


# --- weights for tests --------------------------------------------------------------------------------------------------


class Weights:
    """Random weights under the names of public checkpoints, all away from 0 and 1."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)
        self.tensors = {}

    def normal(self, *shape, scale=1.0):
        return scale * torch.randn(*shape, generator=self.generator, dtype=torch.float64)

    def put(self, name, tensor):
        self.tensors[name] = tensor.to(torch.float32).to(torch.float64)

    def layer(self, name, *shape, bias=True):
        """A linear layer or a convolution."""
        self.put(name + ".weight", self.normal(*shape, scale=math.prod(shape[1:]) ** -0.5))
        if bias:
            self.put(name + ".bias", self.normal(shape[0], scale=0.2))

    def norm(self, name, width, bias=True):
        self.put(name + ".weight", 1 + self.normal(width, scale=0.3))
        if bias:
            self.put(name + ".bias", self.normal(width, scale=0.2))

    def a_log(self, name, rows, states):
        start = torch.log(torch.arange(1, states + 1, dtype=torch.float64)).expand(rows, states)
        self.put(name, start + self.normal(rows, states, scale=0.2))


def vmamba_weights(sizes, seed):
    """`sizes`: dims, depths, d_state, ratio, gate, conv_bias, mlp (0: none), gated_mlp, out_norm, patch_embed, downsample,
    pos_embed, classes; see make_fixtures.py."""
    w = Weights(seed)
    dims = sizes["dims"]
    if sizes["patch_embed"] == "v2":
        for index, shape in ((0, (dims[0] // 2, 3, 3, 3)), (5, (dims[0], dims[0] // 2, 3, 3))):
            w.layer(f"patch_embed.{index}", *shape)
            w.norm(f"patch_embed.{index + 2}", shape[0])
    else:
        w.layer("patch_embed.0", dims[0], 3, 4, 4)
        w.norm("patch_embed.2", dims[0])
    if sizes.get("pos_embed"):
        w.put("pos_embed", w.normal(1, dims[0], *sizes["pos_embed"]))
    for stage, (dim, depth) in enumerate(zip(dims, sizes["depths"])):
        inner, rank, states = int(sizes["ratio"] * dim), math.ceil(dim / 16), sizes["d_state"]
        for block in range(depth):
            name = f"layers.{stage}.blocks.{block}."
            op = name + "op."
            w.norm(name + "norm", dim)
            w.layer(op + "in_proj", inner * (2 if sizes["gate"] else 1), dim, bias=False)
            w.layer(op + "conv2d", inner, 1, 3, 3, bias=sizes["conv_bias"])
            w.put(op + "x_proj_weight", w.normal(4, rank + 2 * states, inner, scale=inner**-0.5))
            w.put(op + "dt_projs_weight", w.normal(4, inner, rank, scale=rank**-0.5))
            w.put(op + "dt_projs_bias", w.normal(4, inner) - 1)
            w.a_log(op + "A_logs", 4 * inner, states)
            w.put(op + "Ds", 1 + w.normal(4 * inner, scale=0.3))
            kind = sizes.get("out_norm", "layer")
            if kind in ("layer", "cnorm"):
                w.norm(op + ("out_norm.0" if kind == "cnorm" else "out_norm"), inner)
            if kind in ("cnorm", "dwconv3"):
                w.layer(op + ("out_norm.2" if kind == "cnorm" else "out_norm.1"), inner, 1, 3, 3, bias=False)
            w.layer(op + "out_proj", dim, inner, bias=False)
            if sizes["mlp"]:
                hidden = int(sizes["mlp"] * dim)
                w.norm(name + "norm2", dim)
                w.layer(name + "mlp.fc1", hidden * (2 if sizes.get("gated_mlp") else 1), dim)
                w.layer(name + "mlp.fc2", dim, hidden)
        if stage + 1 < len(dims):
            down = f"layers.{stage}.downsample."
            if sizes["downsample"] == "v1":
                w.norm(down + "1", 4 * dim)
                w.layer(down + "2", dims[stage + 1], 4 * dim, bias=False)
            else:
                side = 2 if sizes["downsample"] == "v2" else 3
                w.layer(down + "1", dims[stage + 1], dim, side, side)
                w.norm(down + "3", dims[stage + 1])
    w.norm("classifier.norm", dims[-1])
    w.layer("classifier.head", sizes["classes"], dims[-1])
    return w.tensors


def vim_weights(sizes, seed):
    """`sizes`: dim, depth, d_state, patch, tokens, directions, norm, class_token, layer_scale, classes."""
    w = Weights(seed)
    dim, inner, states = sizes["dim"], 2 * sizes["dim"], sizes["d_state"]
    rank = math.ceil(dim / 16)
    has_bias = sizes["norm"] == "layer"
    w.layer("patch_embed.proj", dim, 3, sizes["patch"], sizes["patch"])
    names = {"both": ["cls_token_head", "cls_token_tail"], "none": []}.get(sizes["class_token"], ["cls_token"])
    for name in names:
        w.put(name, w.normal(1, 1, dim))
    w.put("pos_embed", w.normal(1, sizes["tokens"] + len(names), dim))
    for layer in range(sizes["depth"]):
        mixer = f"layers.{layer}.mixer."
        w.norm(f"layers.{layer}.norm", dim, bias=has_bias)
        w.layer(mixer + "in_proj", 2 * inner, dim, bias=False)
        for suffix in ("", "_b") if sizes["directions"] == "two" else ("",):
            w.layer(mixer + f"conv1d{suffix}", inner, 1, 4)
            w.layer(mixer + f"x_proj{suffix}", rank + 2 * states, inner, bias=False)
            w.layer(mixer + f"dt_proj{suffix}", inner, rank)
            w.put(mixer + f"D{suffix}", 1 + w.normal(inner, scale=0.3))
        for name in ("A_log", "A_b_log") if sizes["directions"] != "one" else ("A_log",):
            w.a_log(mixer + name, inner, states)
        if sizes.get("layer_scale"):
            w.put(mixer + "gamma", w.normal(dim))
        w.layer(mixer + "out_proj", dim, inner, bias=False)
    w.norm("norm_f", dim, bias=has_bias)
    w.layer("head", sizes["classes"], dim)
    return w.tensors
