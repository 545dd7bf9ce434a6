// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/Glossary.h"

#include "ui/Translate.h"

namespace mixer::ui {

namespace {

Explanation entry(const QString& word, const QString& meaning, const QString& formula = {})
{
    return {word, meaning, formula};
}

Explanation explainMixer(Term term)
{
    if (term == Term::TokenMixer)
        return entry(tr("Selective token mixer"),
                     tr("Moves information between tokens: every channel runs along the scans that the router chose."));
    return entry(tr("Selective channel mixer"),
                 tr("Moves information between channels: every token runs along the channels, forward and backward."));
}

}  // namespace

Explanation explanation(Term term)
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
        return explainMixer(term);
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
    case Term::Entropy:
        return entry(tr("Entropy"), tr("How spread the probabilities are: 0 bits is certain."), tr("−Σ p log₂ p"));
    case Term::Margin:
        return entry(tr("Margin"),
                     tr("How far the first is ahead of the second. Near 0 the decision could have gone the other way."),
                     tr("p₁ − p₂"));
    case Term::OutputGate:
        return entry(
            tr("Output gate"),
            tr("What the scan's output is multiplied by, for each channel and token, before it leaves the mixer."),
            tr("SiLU(z) = z · sigmoid(z)"));
    case Term::AlwaysOpen:
        return entry(tr("Always open, always shut"),
                     tr("A lane whose gate is at least 0.5 at every step, or at most 0.01 at every step: it does not "
                        "select in this image."));
    case Term::Retention:
        return entry(tr("Retention"), tr("Share of the old state that is left after the step, 0 to 1."), tr("exp(ΔA)"));
    case Term::Horizon:
        return entry(tr("Memory horizon"), tr("How many steps a state remembers, as if Δ stayed what it is here."),
                     tr("1 / (Δ |A|)"));
    case Term::KeptAdded:
        return entry(
            tr("Kept and added"),
            tr("The two parts of the state after a step: what was left of the old one, and what this token wrote."),
            tr("h<sub>t</sub> = exp(ΔA) h<sub>t−1</sub> + Δ u B"));
    case Term::Attention:
        return entry(
            tr("Implicit attention M"),
            tr("A selective scan is a matrix: y = M·u for each channel. A row says where an output comes from, a "
               "column where an input goes. Signed and exact."),
            tr("M[t,s] = Σ C<sub>t</sub> exp(A(c<sub>t</sub> − c<sub>s</sub>)) Δ<sub>s</sub>B<sub>s</sub>"));
    case Term::Residual:
        return entry(tr("Residual"),
                     tr("How far M·u is from what the scan really put out. Over 10⁻⁴ the map is not to be trusted."),
                     tr("‖M·u − y‖ / ‖y‖"));
    case Term::Attribution:
        return entry(tr("Attribution"),
                     tr("How much each place of the image speaks for (red) or against (blue) the selected class."));
    case Term::PatchEffect:
        return entry(
            tr("Effect of a patch"),
            tr("What the class gains or loses when one thing alone is what it was for another image: a mixer's "
               "output in a block of tokens, or a scan's state after a step. Large effects show where the "
               "difference between the two images is decided. One run from the patched mixer on for each."),
            tr("p(class | patched) − p(class)"));
    case Term::FeaturePca:
        return entry(tr("Feature PCA"),
                     tr("The directions of the space of channels along which the mixer's outputs of the tokens differ "
                        "most. The first three as red, green and blue: tokens of one colour have like features. Share "
                        "of the variance: how much of all differences a direction tells."),
                     tr("PC<sub>k</sub> = ⟨x − mean x, v<sub>k</sub>⟩,  Cov(x) v<sub>k</sub> = λ<sub>k</sub> "
                        "v<sub>k</sub>,  share = λ<sub>k</sub> / Σ λ"));
    case Term::Mixing:
        return entry(tr("Weighted averaging of earlier features"),
                     tr("The input of a mixer is a sum of earlier outputs with learned weights: α and β feed token "
                        "mixers, θ and γ channel mixers (MambaMixer, section 3.2)."));
    case Term::Intervention:
        return entry(tr("Edit"),
                     tr("Something done differently from the network as it was trained. Everything is computed again "
                        "from the first changed mixer on; the baseline is the run without edits."));
    case Term::ScanVerifier:
        return entry(tr("Scan order"),
                     tr("The list of tokens that the code really visits, checked: is it a permutation, how far does it "
                        "jump, how far apart does it visit neighbours, and which known scan is it?"));
    case Term::RouterStatistics:
        return entry(tr("Router statistics"),
                     tr("Which scans the router gives to the images of each class, and how often a flipped, cropped or "
                        "noisy image keeps its scans."));
    }
    return {};
}

QString definition(Term term)
{
    const Explanation explained = explanation(term);
    QString html
        = QStringLiteral("<p style='white-space:normal'><b>%1</b><br/>%2").arg(explained.word, explained.meaning);
    if (!explained.formula.isEmpty())
        html += QStringLiteral("<br/><code>%1</code>").arg(explained.formula);
    return html + QStringLiteral("</p>");
}

QList<Term> allTerms()
{
    QList<Term> terms;
    for (int i = 0; i <= static_cast<int>(Term::RouterStatistics); ++i)
        terms << static_cast<Term>(i);
    return terms;
}

QString word(Term term)
{
    return explanation(term).word;
}

}  // namespace mixer::ui
