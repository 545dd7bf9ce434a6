# SPDX-License-Identifier: MIT
"""Scan and depth-wise convolution for training on a GPU (Triton), with slow but differentiable stand-ins for the CPU.

The scan is that of MODEL.md sections 1 and 2 without the skip term. One launch handles all scans of all images:
sequence m reads its tokens through its own row of `order`, so no permuted copy is made. `quasi_separable` runs every
sequence twice, forwards and backwards; the backward run leaves out the token's own term, which the forward run has
already counted.
"""

import torch
import torch.nn.functional as F

try:
    import triton
    import triton.language as tl
except ImportError:
    triton = None

LANES = 32  # channels (or tokens, in the channel mixer) that one program carries through time


def scan(u, raw, bias, A, Bm, Cm, order, quasi_separable=False):
    """y (M, T, C), stored at the tokens' places (not in scan order).

    u (Mu, T, C), raw (Mr, T, C), Bm and Cm (Mb, T, N): sequence m uses row m // (M / Mu), and so on, of each.
    bias (M, C); the step size is softplus(raw + bias). A (Ma, C or 1, N): sequence m uses row m % Ma.
    order (M, T) int32. quasi_separable: M counts each sequence once; all inputs are shared by its two runs.
    """
    if quasi_separable:
        order = torch.stack([order, order.flip(1)], 1).flatten(0, 1)
        bias = bias.repeat_interleave(2, 0)
    run = _plain_scan if u.device.type == "cpu" else _TritonScan.apply
    y = run(u, raw, bias, A, Bm, Cm, order, quasi_separable)
    return y.unflatten(0, (-1, 2)).sum(1) if quasi_separable else y


def depthwise(x, weight, bias):
    """Depth-wise convolution of x (B, H, W, C) with weight (C, 1, k, k), bias (C) and padding k // 2."""
    if x.device.type == "cpu":
        size = weight.shape[-1]
        y = F.conv2d(x.permute(0, 3, 1, 2), weight, bias, padding=size // 2, groups=weight.shape[0])
        return y.permute(0, 2, 3, 1)
    return _TritonDepthwise.apply(x, weight) + bias


def _plain_scan(u, raw, bias, A, Bm, Cm, order, exclusive):
    sequences, length = order.shape

    def pick(a):
        rows = a.repeat_interleave(sequences // a.shape[0], 0)
        return rows.gather(1, order.long()[:, :, None].expand(-1, -1, a.shape[2]))

    u, raw, Bm, Cm = pick(u), pick(raw), pick(Bm), pick(Cm)
    delta = F.softplus(raw + bias[:, None])
    A = A.repeat(sequences // A.shape[0], 1, 1)
    # Odd sequences of a quasi-separable pair run backwards and skip their own term.
    skip = (torch.arange(sequences) % 2 * exclusive)[:, None, None]
    h = torch.zeros(sequences, u.shape[2], A.shape[2])
    outputs = []
    for t in range(length):
        step = delta[:, t, :, None]
        own = step * u[:, t, :, None] * Bm[:, t, None]
        h = torch.exp(step * A) * h + own
        outputs.append(((h - skip * own) * Cm[:, t, None]).sum(-1))
    y = torch.stack(outputs, 1)
    return torch.zeros_like(y).scatter(1, order.long()[:, :, None].expand_as(y), y)


if triton is not None:

    @triton.jit
    def _softplus(x):
        return tl.where(x > 20.0, x, tl.log(1.0 + tl.exp(tl.minimum(x, 20.0))))

    @triton.jit
    def _scan_forward(
        u_ptr, raw_ptr, bias_ptr, A_ptr, B_ptr, C_ptr, order_ptr, y_ptr, state_ptr,
        length, width, u_div, raw_div, b_div, a_rows, a_row_stride, a_lane_stride,
        STATE: tl.constexpr, LANES: tl.constexpr, EXCLUSIVE: tl.constexpr,
    ):  # fmt: skip
        m = tl.program_id(0).to(tl.int64)
        lane = tl.program_id(1) * LANES + tl.arange(0, LANES)
        n = tl.arange(0, STATE)
        inside = lane < width
        a = tl.load(
            A_ptr + (m % a_rows) * a_row_stride + lane[None, :] * a_lane_stride + n[:, None],
            mask=inside[None, :],
            other=0.0,
        )
        bias = tl.load(bias_ptr + m * width + lane, mask=inside, other=0.0)
        skip = 0.0
        if EXCLUSIVE:
            skip = (m % 2).to(tl.float32)
        h = tl.zeros((STATE, LANES), tl.float32)
        for t in range(length):
            p = tl.load(order_ptr + m * length + t).to(tl.int64)
            u = tl.load(u_ptr + ((m // u_div) * length + p) * width + lane, mask=inside, other=0.0)
            raw = tl.load(raw_ptr + ((m // raw_div) * length + p) * width + lane, mask=inside, other=0.0)
            b = tl.load(B_ptr + ((m // b_div) * length + p) * STATE + n)
            c = tl.load(C_ptr + ((m // b_div) * length + p) * STATE + n)
            step = _softplus(raw + bias)
            own = b[:, None] * (step * u)[None, :]
            h = tl.exp(a * step[None, :]) * h + own
            y = tl.sum((h - skip * own) * c[:, None], 0)
            tl.store(y_ptr + (m * length + p) * width + lane, y, mask=inside)
            state = state_ptr + ((m * length + t) * STATE + n[:, None]) * width + lane[None, :]
            tl.store(state, h, mask=inside[None, :])

    @triton.jit
    def _scan_backward(
        u_ptr, raw_ptr, bias_ptr, A_ptr, B_ptr, C_ptr, order_ptr, state_ptr, gy_ptr,
        gu_ptr, graw_ptr, gbias_ptr, gA_ptr, gB_ptr, gC_ptr,
        sequences, length, width, u_div, raw_div, b_div, a_rows, a_row_stride, a_lane_stride,
        STATE: tl.constexpr, LANES: tl.constexpr, EXCLUSIVE: tl.constexpr,
    ):  # fmt: skip
        m = tl.program_id(0).to(tl.int64)
        block = tl.program_id(1)
        lane = block * LANES + tl.arange(0, LANES)
        n = tl.arange(0, STATE)
        inside = lane < width
        a = tl.load(
            A_ptr + (m % a_rows) * a_row_stride + lane[None, :] * a_lane_stride + n[:, None],
            mask=inside[None, :],
            other=0.0,
        )
        bias = tl.load(bias_ptr + m * width + lane, mask=inside, other=0.0)
        skip = 0.0
        if EXCLUSIVE:
            skip = (m % 2).to(tl.float32)
        gh = tl.zeros((STATE, LANES), tl.float32)  # gradient of the loss with respect to h_t
        gA = tl.zeros((STATE, LANES), tl.float32)
        gbias = tl.zeros((LANES,), tl.float32)
        state = state_ptr + ((m * length + length - 1) * STATE + n[:, None]) * width + lane[None, :]
        h = tl.load(state, mask=inside[None, :], other=0.0)
        for back in range(length):
            t = length - 1 - back
            p = tl.load(order_ptr + m * length + t).to(tl.int64)
            u = tl.load(u_ptr + ((m // u_div) * length + p) * width + lane, mask=inside, other=0.0)
            raw = tl.load(raw_ptr + ((m // raw_div) * length + p) * width + lane, mask=inside, other=0.0)
            gy = tl.load(gy_ptr + (m * length + p) * width + lane, mask=inside, other=0.0)
            b = tl.load(B_ptr + ((m // b_div) * length + p) * STATE + n)
            c = tl.load(C_ptr + ((m // b_div) * length + p) * STATE + n)
            before = state_ptr + ((m * length + t - 1) * STATE + n[:, None]) * width + lane[None, :]
            h_before = tl.load(before, mask=inside[None, :] & (t > 0), other=0.0)

            step = _softplus(raw + bias)
            decay = tl.exp(a * step[None, :])
            x = step * u
            gh += c[:, None] * gy[None, :]
            own_gradient = gh - skip * c[:, None] * gy[None, :]
            gx = tl.sum(own_gradient * b[:, None], 0)
            gexponent = gh * h_before * decay
            gstep = tl.sum(gexponent * a, 0) + gx * u
            gA += gexponent * step[None, :]
            graw = gstep * tl.sigmoid(raw + bias)
            gbias += graw
            tl.store(gu_ptr + (m * length + p) * width + lane, gx * step, mask=inside)
            tl.store(graw_ptr + (m * length + p) * width + lane, graw, mask=inside)
            place = ((block * sequences + m) * length + p) * STATE + n
            tl.store(gB_ptr + place, tl.sum(own_gradient * x[None, :], 1))
            tl.store(gC_ptr + place, tl.sum((h - skip * b[:, None] * x[None, :]) * gy[None, :], 1))
            gh = gh * decay
            h = h_before
        tl.store(gbias_ptr + m * width + lane, gbias, mask=inside)
        tl.store(gA_ptr + (m * STATE + n[:, None]) * width + lane[None, :], gA, mask=inside[None, :])

    @triton.jit
    def _depthwise(
        x_ptr, w_ptr, y_ptr, height, width, channels,
        SIZE: tl.constexpr, FLIP: tl.constexpr, PIXELS: tl.constexpr, CHANNELS: tl.constexpr,
    ):  # fmt: skip
        image = tl.program_id(0).to(tl.int64)
        pixel = tl.program_id(1) * PIXELS + tl.arange(0, PIXELS)
        channel = tl.program_id(2) * CHANNELS + tl.arange(0, CHANNELS)
        row, column = pixel // width, pixel % width
        inside = channel < channels
        sum_ = tl.zeros((PIXELS, CHANNELS), tl.float32)
        for dy in tl.static_range(SIZE):
            for dx in tl.static_range(SIZE):
                y, x = row + dy - SIZE // 2, column + dx - SIZE // 2
                valid = (y >= 0) & (y < height) & (x >= 0) & (x < width) & (row < height)
                source = (image * height * width + y * width + x)[:, None] * channels + channel[None, :]
                value = tl.load(x_ptr + source, mask=valid[:, None] & inside[None, :], other=0.0)
                tap = (SIZE * SIZE - 1 - dy * SIZE - dx) if FLIP else dy * SIZE + dx
                weight = tl.load(w_ptr + tap * channels + channel, mask=inside, other=0.0)
                sum_ += value * weight[None, :]
        target = (image * height * width + pixel)[:, None] * channels + channel[None, :]
        tl.store(y_ptr + target, sum_, mask=(row < height)[:, None] & inside[None, :])

    @triton.jit
    def _depthwise_weight(
        x_ptr, gy_ptr, gw_ptr, images, height, width, channels, per_chunk,
        SIZE: tl.constexpr, PIXELS: tl.constexpr, CHANNELS: tl.constexpr,
    ):  # fmt: skip
        tap = tl.program_id(0)
        channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
        chunk = tl.program_id(2)
        inside = channel < channels
        dy, dx = tap // SIZE - SIZE // 2, tap % SIZE - SIZE // 2
        tokens = height * width
        first = chunk.to(tl.int64) * per_chunk * tokens
        last = tl.minimum((chunk.to(tl.int64) + 1) * per_chunk, images) * tokens
        sum_ = tl.zeros((PIXELS, CHANNELS), tl.float32)
        for start in range(first, last, PIXELS):
            place = start + tl.arange(0, PIXELS)
            pixel = place % tokens
            y, x = pixel // width + dy, pixel % width + dx
            valid = (y >= 0) & (y < height) & (x >= 0) & (x < width) & (place < last)
            mask = valid[:, None] & inside[None, :]
            gradient = tl.load(gy_ptr + place[:, None] * channels + channel[None, :], mask=mask, other=0.0)
            shifted = place + dy * width + dx
            value = tl.load(x_ptr + shifted[:, None] * channels + channel[None, :], mask=mask, other=0.0)
            sum_ += gradient * value
        target = (chunk * SIZE * SIZE + tap) * channels + channel
        tl.store(gw_ptr + target, tl.sum(sum_, 0), mask=inside)


class _TritonScan(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u, raw, bias, A, Bm, Cm, order, exclusive):
        u, raw, bias, A, Bm, Cm = (a.float().contiguous() for a in (u, raw, bias, A, Bm, Cm))
        order = order.int().contiguous()
        sequences, length = order.shape
        width, state = u.shape[2], Bm.shape[2]
        y = torch.empty(sequences, length, width, device=u.device)
        states = torch.empty(sequences, length, state, width, device=u.device)
        ctx.sizes = [length, width, *(sequences // a.shape[0] for a in (u, raw, Bm))]
        ctx.sizes += [A.shape[0], A.shape[1] * state, state if A.shape[1] > 1 else 0]
        ctx.flags = {"STATE": state, "LANES": LANES, "EXCLUSIVE": exclusive, "num_warps": 1}
        grid = (sequences, triton.cdiv(width, LANES))
        _scan_forward[grid](u, raw, bias, A, Bm, Cm, order, y, states, *ctx.sizes, **ctx.flags)
        ctx.save_for_backward(u, raw, bias, A, Bm, Cm, order, states)
        return y

    @staticmethod
    def backward(ctx, gy):
        u, raw, bias, A, Bm, Cm, order, states = ctx.saved_tensors
        sequences, length = order.shape
        width, state = u.shape[2], Bm.shape[2]
        blocks = triton.cdiv(width, LANES)
        gu, graw = torch.empty(2, sequences, length, width, device=u.device)
        gbias = torch.empty(sequences, width, device=u.device)
        gA = torch.empty(sequences, state, width, device=u.device)
        gB, gC = torch.empty(2, blocks, sequences, length, state, device=u.device)
        _scan_backward[(sequences, blocks)](
            u, raw, bias, A, Bm, Cm, order, states, gy.contiguous(), gu, graw, gbias, gA, gB, gC,
            sequences, *ctx.sizes, **ctx.flags,
        )  # fmt: skip

        def gather(gradient, like):
            return gradient.unflatten(0, (like.shape[0], -1)).sum(1)

        gA = gA.unflatten(0, (-1, A.shape[0])).sum(0).transpose(1, 2)
        if A.shape[1] == 1:
            gA = gA.sum(1, keepdim=True)
        return gather(gu, u), gather(graw, raw), gbias, gA, gather(gB.sum(0), Bm), gather(gC.sum(0), Cm), None, None


class _TritonDepthwise(torch.autograd.Function):
    CHUNKS = 16

    @staticmethod
    def launch(x, taps, flip):
        batch, height, width, channels = x.shape
        size = int(taps.shape[0] ** 0.5)
        y = torch.empty_like(x)
        grid = (batch, triton.cdiv(height * width, 32), triton.cdiv(channels, 32))
        _depthwise[grid](x, taps, y, height, width, channels, SIZE=size, FLIP=flip, PIXELS=32, CHANNELS=32)
        return y

    @staticmethod
    def forward(ctx, x, weight):
        x = x.contiguous()
        taps = weight.flatten(1).T.contiguous()  # (k * k, C)
        ctx.save_for_backward(x, taps)
        return _TritonDepthwise.launch(x, taps, False)

    @staticmethod
    def backward(ctx, gy):
        x, taps = ctx.saved_tensors
        gy = gy.contiguous()
        batch, height, width, channels = x.shape
        size = int(taps.shape[0] ** 0.5)
        chunks = min(_TritonDepthwise.CHUNKS, batch)
        gw = torch.empty(chunks, size * size, channels, device=x.device)
        grid = (size * size, triton.cdiv(channels, 32), chunks)
        _depthwise_weight[grid](
            x, gy, gw, batch, height, width, channels, triton.cdiv(batch, chunks), SIZE=size, PIXELS=32, CHANNELS=32
        )
        gx = _TritonDepthwise.launch(gy, taps, True)
        return gx, gw.sum(0).T.reshape(channels, 1, size, size)
