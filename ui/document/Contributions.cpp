// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Contributions.h"

#include "engine/attribution/Ablation.h"
#include "ui/document/InspectionDocument.h"

#include <QCoreApplication>

namespace mixer::ui {

void computeContributions(InspectionDocument& document)
{
    const QString tag = QStringLiteral("contributions");
    const MixerId mixer = document.selection().mixer;
    if (!document.detail() || mixer.isChannelMixer || document.worker().isPending(tag))
        return;
    const int classIndex = document.shownClass();
    const auto work
        = [session = document.session(), shown = document.trace(), mixer, classIndex](const JobContext& context) {
              AttributionOptions options;
              options.classIndex = classIndex;
              options.progress = context.progress;
              options.cancel = context.cancel;
              std::vector<float> result;
              for (const AblationScore& score : ablateChannels(*session, shown, mixer, {}, options))
                  result.push_back(static_cast<float>(score.logitDrop));
              return result;
          };
    using Values = std::vector<float>;
    document.worker().submit<Values>(
        tag, QCoreApplication::translate("Contributions", "Contribution of each channel"), work,
        [&document, detail = document.detail(), classIndex](const JobOutcome<Values>& outcome) {
            if (outcome.end == JobEnd::Failed)
                document.report(outcome.message);
            if (outcome.end == JobEnd::Finished && detail == document.detail() && classIndex == document.shownClass())
                document.setContributions(outcome.value);
        });
}

}  // namespace mixer::ui
