// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Contributions.h"

#include "ui/Translate.h"
#include "ui/document/InspectionDocument.h"
#include "visualizers/FigureRun.h"

namespace mixer::ui {

void computeContributions(InspectionDocument& document)
{
    const QString tag = QStringLiteral("contributions");
    const MixerId mixer = document.selection().mixer;
    if (!document.detail() || mixer.isChannelMixer || document.worker().isPending(tag))
        return;
    const int classIndex = document.shownClass();
    vis::FigureRun run;
    run.session = document.session();
    run.trace = document.trace();
    const auto work = [run, mixer, classIndex](const JobContext& context) {
        return vis::contributionsOf(run, mixer, classIndex, context.progress, context.cancel);
    };
    using Values = std::vector<float>;
    document.worker().submit<Values>(
        tag, tr("Contribution of each channel"), work,
        [&document, detail = document.detail(), classIndex](const JobOutcome<Values>& outcome) {
            if (outcome.end == JobEnd::Failed)
                document.report(outcome.message);
            if (outcome.end == JobEnd::Finished && detail == document.detail() && classIndex == document.shownClass())
                document.setContributions(outcome.value);
        });
}

}  // namespace mixer::ui
