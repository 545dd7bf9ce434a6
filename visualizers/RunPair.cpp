// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/RunPair.h"

#include "visualizers/OptionNames.h"
#include "visualizers/PlotAxes.h"

#include <QDir>
#include <QFileInfo>

#include <cmath>

namespace mixer::vis {

namespace {

using With = CompareChoice::With;

/// A file's name, with its folder where another of that name stands beside it.
QString tellingName(const QString& path, const QString& beside)
{
    const QFileInfo info(path);
    if (info.fileName() != QFileInfo(beside).fileName())
        return info.fileName();
    return QDir(info.absolutePath()).dirName() + QLatin1Char('/') + info.fileName();
}

Arithmetic arithmeticOf(const PairSide& side)
{
    return {side.precision, side.session ? side.session->runtime().device : std::string()};
}

}  // namespace

QString sideName(const CompareChoice& choice, const PairSide& side, const PairSide& beside, bool isOther)
{
    switch (choice.with) {
    case With::Image:
        return tellingName(side.imagePath, beside.imagePath);
    case With::Arithmetic: {
        const Arithmetic arithmetic = arithmeticOf(side);
        const QString precision = QString::fromStdString(nameOf(kPrecisionNames, arithmetic.precision));
        return arithmetic.device.empty() ? precision
                                         : precision + QStringLiteral(", ") + QString::fromStdString(arithmetic.device);
    }
    case With::Baseline:
        return isOther ? Words::tr("baseline") : Words::tr("with the edits");
    case With::Model:
    case With::Nothing:
        break;
    }
    return tellingName(side.modelPath, beside.modelPath);
}

RunPair makePair(const CompareChoice& choice, const PairSide& main, const PairSide& other,
                 const ProgressCallback& progress, const CancelToken& cancel)
{
    RunPair pair;
    pair.choice = choice;
    pair.isOtherFirst = choice.with == With::Baseline;
    const PairSide& a = pair.isOtherFirst ? other : main;
    const PairSide& b = pair.isOtherFirst ? main : other;
    pair.nameA = sideName(choice, a, b, pair.isOtherFirst);
    pair.nameB = sideName(choice, b, a, !pair.isOtherFirst);
    pair.traceA = a.trace;
    pair.traceB = b.trace;
    // Of two images, models or runs with edits every difference is one; of two arithmetics, rounding is none.
    const double tolerance = choice.with == With::Arithmetic ? roundingTolerance(arithmeticOf(a), arithmeticOf(b)) : 0;
    pair.comparison = compareTraces(*a.trace, *b.trace, tolerance, progress, cancel);
    pair.classes = compareClasses(*a.trace, a.session->config(), *b.trace, b.session->config());
    return pair;
}

PairedContexts pairedContexts(const FigureContext& context)
{
    if (!context.pair || !context.other)
        return {};
    if (context.pair->isOtherFirst)
        return {context.other.get(), &context};
    return {&context, context.other.get()};
}

QString discrepancyText(const Discrepancy& discrepancy)
{
    return Words::tr("relative %1 · max %2 · r %3")
        .arg(numberText(discrepancy.relative), numberText(discrepancy.largest),
             std::isnan(discrepancy.correlation) ? QStringLiteral("–")
                                                 : QString::number(discrepancy.correlation, 'f', 4));
}

}  // namespace mixer::vis
