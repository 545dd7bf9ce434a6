// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/ReceiptText.h"

#include "ui/Translate.h"

#include <QStringList>

namespace mixer::ui {

QString useText(TensorUse use)
{
    switch (use) {
    case TensorUse::Used:
        return tr("used");
    case TensorUse::Renamed:
        return tr("renamed");
    case TensorUse::Reshaped:
        return tr("reshaped");
    case TensorUse::Unused:
        return tr("unused");
    case TensorUse::Missing:
        break;
    }
    return tr("missing");
}

QString receiptSummary(const LoadReceipt& receipt)
{
    const int all = static_cast<int>(receipt.tensors.size());
    QString text;
    if (receipt.count(TensorUse::Used) == all) {
        text = tr("all %n tensors used", nullptr, all);
    } else {
        QStringList uses;
        for (const TensorUse use :
             {TensorUse::Used, TensorUse::Renamed, TensorUse::Reshaped, TensorUse::Unused, TensorUse::Missing}) {
            if (const int count = receipt.count(use); count > 0)
                uses << tr("%1 %2", "how many tensors, and what became of them").arg(count).arg(useText(use));
        }
        text = tr("%n tensors: %1", nullptr, all).arg(uses.join(tr(", ", "between items of a list")));
    }
    if (const int guesses = receipt.guessCount(); guesses > 0)
        text = tr("%1; %n guesses", "after the numbers of tensors", guesses).arg(text);
    return text;
}

}  // namespace mixer::ui
