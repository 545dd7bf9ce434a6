// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/Glossary.h"

#include <QCoreApplication>

namespace mixer::ui {

namespace {

QString entry(const QString& word, const QString& meaning, const QString& formula = {})
{
    QString html = QStringLiteral("<p style='white-space:normal'><b>%1</b><br/>%2").arg(word, meaning);
    if (!formula.isEmpty())
        html += QStringLiteral("<br/><code>%1</code>").arg(formula);
    return html + QStringLiteral("</p>");
}

QString tr(const char* text)
{
    return QCoreApplication::translate("Glossary", text);
}

QString mixerDefinition(Term term)
{
    if (term == Term::TokenMixer)
        return entry(tr("Selective token mixer"),
                     tr("Moves information between tokens: every channel runs along the scans that the router chose."));
    return entry(tr("Selective channel mixer"),
                 tr("Moves information between channels: every token runs along the channels, forward and backward."));
}

}  // namespace

QString definition(Term term)
{
    switch (term) {
    case Term::Gate:
        return entry(tr("Gate g"),
                     tr("Share of the old state that a step erases in a lane (at A = −1). 1: the state starts anew "
                        "here; 0: the step passes by unnoticed."),
                     tr("g = 1 − exp(−Δ),  Δ = softplus(…)"));
    case Term::StateNorm:
        return entry(
            tr("State norm ‖h‖"),
            tr("Length of the hidden state over all lanes and states at a step: how much the scan carries along."),
            tr("‖h_t‖ = √ Σ h²"));
    case Term::Scan:
        return entry(tr("Scan"), tr("An order in which the tokens of the grid are visited, from first to last."));
    case Term::Step:
        return entry(
            tr("Step t"),
            tr("When the scan visits a token. The timeline sets it; the ring on the image shows where it is."));
    case Term::Lane:
        return entry(tr("Lane"),
                     tr("What scans beside the others: a channel of a token mixer, a token of a channel mixer. Each "
                        "lane has a state of its own."));
    case Term::State:
        return entry(
            tr("State h"), tr("What a lane remembers after a step, N numbers."),
            tr("h<sub>t</sub> = exp(Δ<sub>t</sub>A) ⊙ h<sub>t−1</sub> + Δ<sub>t</sub>u<sub>t</sub>B<sub>t</sub>"));
    case Term::RouterProbability:
        return entry(tr("Router probability p"),
                     tr("How well the router likes a scan for this image in this mixer. The K most probable are "
                        "chosen and weighted with ω."),
                     tr("p = softmax(router(mean x̂)),  ω = p / Σ chosen p"));
    case Term::TokenMixer:
    case Term::ChannelMixer:
        return mixerDefinition(term);
    case Term::PatchGrid:
        return entry(tr("Patch grid"), tr("The tokens of the selected mixer's stage, where they lie on the picture."));
    case Term::ScanPath:
        return entry(
            tr("Scan path"),
            tr("The selected scan from its first step (dark) to its last (light); the ring is the current step."));
    case Term::Probability:
        return entry(tr("Probability"), tr("What the network gives to a class; all classes sum to 1."),
                     tr("softmax(logits)"));
    case Term::Time:
        return entry(tr("Time"), tr("Share of the forward pass that was spent in this part, and its milliseconds."));
    }
    return {};
}

}  // namespace mixer::ui
