// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/session/InferenceSession.h"
#include "engine/trace/MemoryPlan.h"

#include <QCoreApplication>
#include <QString>

namespace mixer::ui {

/// What a picture of a size would take, and what this machine has left for it.
struct MemoryRoom {
    Q_DECLARE_TR_FUNCTIONS(mixer::ui::MemoryRoom)
public:
    MemoryPlan plan;
    std::int64_t available = -1;  ///< bytes; -1: the system does not say

    bool fits() const { return available < 0 || plan.needed() <= static_cast<std::uint64_t>(available); }
    /// Why it does not fit and what would; empty: it does.
    QString refusal() const;
    /// "about 1.2 GB of 13 GB that are free".
    QString text() const;
};

MemoryRoom memoryRoom(const InferenceSession& session, int inputHeight, int inputWidth, int elementBytes);
/// Bytes of a number in the precision: 8 for Float64, else 4.
int elementBytes(Precision precision);
/// "340 MB", "1.25 GB": powers of ten, three digits.
QString bytesText(double bytes);

}  // namespace mixer::ui
