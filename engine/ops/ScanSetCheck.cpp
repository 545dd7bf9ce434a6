// SPDX-License-Identifier: MIT
#include "engine/ops/ScanSetCheck.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace mixer {

std::int64_t ScanSet::slots() const
{
    if (scanIds.defined())
        return scanIds.size(1);
    if (weights.defined())
        return weights.size(1);
    return std::max({scans(), delta.size(1), B.size(1), C.size(1)});
}

std::int64_t ScanSet::scans() const
{
    std::int64_t count = A.size(0);
    for (const at::Tensor* tensor : {&D, &deltaBias, &orders}) {
        if (tensor->defined())
            count = std::max(count, tensor->size(0));
    }
    return count;
}

namespace ops {

using at::Tensor;

void checkShape(const char* name, const Tensor& tensor, at::IntArrayRef expected, const char* meaning)
{
    TORCH_CHECK(tensor.sizes() == expected, "scan: ", name, " must have the shape ", meaning, " = ", expected, ", not ",
                tensor.sizes(), ".");
}

namespace {

/// The first axis may be `copies` long or 1.
void checkCopies(const char* name, const Tensor& tensor, std::int64_t axis, std::int64_t copies, const char* of)
{
    TORCH_CHECK(tensor.size(axis) == 1 || tensor.size(axis) == copies, "scan: ", name, " must have 1 or ", copies,
                " copies (", of, ") along axis ", axis, ", not ", tensor.size(axis), "; its shape is ", tensor.sizes(),
                ".");
}

/// (S or 1, E), or (S or 1, L, 1).
void checkParameter(const char* name, const Tensor& tensor, const ScanSet& set)
{
    if (!tensor.defined())
        return;
    TORCH_CHECK(tensor.dim() == 2 || tensor.dim() == 3, "scan: ", name, " must be (scans, lanes) or (scans, steps, 1)",
                ", not ", tensor.sizes(), ".");
    checkCopies(name, tensor, 0, set.scans(), "scans");
    if (tensor.dim() == 2)
        checkShape(name, tensor, {tensor.size(0), set.lanes()}, "(scans, lanes)");
    else
        checkShape(name, tensor, {tensor.size(0), set.steps(), 1}, "(scans, steps, 1)");
}

/// (B, K or 1, L, width).
void checkData(const char* name, const Tensor& tensor, const ScanSet& set, std::int64_t width, const char* meaning)
{
    TORCH_CHECK(tensor.dim() == 4, "scan: ", name, " must be ", meaning, ", not ", tensor.sizes(), ".");
    checkCopies(name, tensor, 1, set.slots(), "scans of an image");
    checkShape(name, tensor, {set.images(), tensor.size(1), set.steps(), width}, meaning);
}

void checkIntegers(const char* name, const Tensor& tensor, const ScanSet& set)
{
    TORCH_CHECK(tensor.scalar_type() == at::kInt, "scan: ", name, " must be int32, not ", tensor.scalar_type(), ".");
    TORCH_CHECK(tensor.device() == set.u.device(), "scan: u is on ", set.u.device(), " and ", name, " on ",
                tensor.device(), "; all must be on the same device.");
}

}  // namespace

void checkScanSet(const ScanSet& set)
{
    TORCH_CHECK(set.u.dim() == 3 && set.u.numel() > 0, "scan: u must be (batch, steps, lanes), none of them 0, not ",
                set.u.sizes(), ".");
    TORCH_CHECK(set.A.dim() == 3 && set.A.numel() > 0, "scan: A must be (scans, lanes or 1, states), not ",
                set.A.sizes(), ".");
    TORCH_CHECK(set.delta.dim() == 4 && set.B.dim() == 4 && set.C.dim() == 4,
                "scan: delta, B and C must have four axes: batch, scans, steps, and lanes or states.");
    checkCopies("A", set.A, 0, set.scans(), "scans");
    checkCopies("A", set.A, 1, set.lanes(), "lanes");
    checkData("delta", set.delta, set, set.lanes(), "(batch, scans, steps, lanes)");
    checkData("B", set.B, set, set.states(), "(batch, scans, steps, states)");
    checkData("C", set.C, set, set.states(), "(batch, scans, steps, states)");
    checkParameter("D", set.D, set);
    checkParameter("delta_bias", set.deltaBias, set);
    if (set.orders.defined()) {
        checkIntegers("orders", set.orders, set);
        TORCH_CHECK(set.orders.dim() == 2, "scan: orders must be (scans, steps), not ", set.orders.sizes(), ".");
        checkCopies("orders", set.orders, 0, set.scans(), "scans");
        checkShape("orders", set.orders, {set.orders.size(0), set.steps()}, "(scans, steps)");
    }
    if (set.scanIds.defined()) {
        checkIntegers("scan_ids", set.scanIds, set);
        checkShape("scan_ids", set.scanIds, {set.images(), set.scanIds.size(1)}, "(batch, scans of an image)");
    } else {
        TORCH_CHECK(set.scans() == 1 || set.scans() == set.slots(), "scan: ", set.slots(), " scans of an image out of ",
                    set.scans(), " need scan_ids.");
    }
    if (set.weights.defined())
        checkShape("weights", set.weights, {set.images(), set.slots()}, "(batch, scans of an image)");
    for (const Tensor* tensor : {&set.delta, &set.A, &set.B, &set.C, &set.D, &set.deltaBias, &set.weights}) {
        TORCH_CHECK(!tensor->defined() || tensor->device() == set.u.device(), "scan: u is on ", set.u.device(),
                    " and another tensor on ", tensor->device(), "; all must be on the same device.");
    }
}

void checkPermutations(const Tensor& orders)
{
    const Tensor wide = orders.to(at::kCPU, at::kLong).contiguous();
    const std::int64_t steps = wide.size(1);
    std::vector<bool> visited(static_cast<std::size_t>(steps));
    for (std::int64_t scan = 0; scan < wide.size(0); ++scan) {
        const std::int64_t* row = wide.data_ptr<std::int64_t>() + scan * steps;
        visited.assign(visited.size(), false);
        for (std::int64_t t = 0; t < steps; ++t) {
            TORCH_CHECK(row[t] >= 0 && row[t] < steps && !visited[static_cast<std::size_t>(row[t])],
                        "scan: order must visit each of the ", steps, " rows once; ", row[t], " at step ", t,
                        " is outside or was there before.");
            visited[static_cast<std::size_t>(row[t])] = true;
        }
    }
}

}  // namespace ops
}  // namespace mixer
