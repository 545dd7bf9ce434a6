// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace mixer::ui {

/// The words of the window. Each has one definition, shown wherever a person hovers it.
enum class Term {
    Gate,
    StateNorm,
    Scan,
    Step,
    Lane,
    State,
    RouterProbability,
    TokenMixer,
    ChannelMixer,
    PatchGrid,
    ScanPath,
    Probability,
    Time,
    Entropy,
    Margin,
    OutputGate,
    AlwaysOpen,
    Retention,
    Horizon,
    KeptAdded,
    Attention,
    Residual,
    Attribution,
    PatchEffect,
    FeaturePca,
    Mixing,
    Intervention,
    ScanVerifier,
    RouterStatistics,
};

struct Explanation {
    QString word;     ///< plain
    QString meaning;  ///< one or two sentences
    QString formula;  ///< with <sub>; may be empty
};

/// In the order in which they are listed.
QList<Term> allTerms();
Explanation explanation(Term term);
/// The word itself, plain.
QString word(Term term);
/// Rich text for a tool tip: the word in bold, what it means, its formula.
QString definition(Term term);

}  // namespace mixer::ui
