// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/Findables.h"

#include "ui/Glossary.h"
#include "ui/Translate.h"
#include "ui/guide/Guide.h"
#include "ui/window/Actions.h"
#include "ui/window/Docks.h"
#include "ui/window/HelpCommands.h"
#include "ui/window/MainWindow.h"
#include "ui/window/Sheets.h"

#include <QDockWidget>
#include <QFileInfo>

namespace mixer::ui {

namespace {

constexpr int kMostImages = 2000;

void addActions(std::vector<Findable>& all, const Actions& actions)
{
    for (QAction* action : actions.all()) {
        const QString name = withoutMnemonic(action->text());
        const QString tip = action->toolTip();
        // Plain tips repeat the name and keys; only definitions add something.
        all.push_back({name, action->isChecked() ? tr("Command, on") : tr("Command"),
                       action->shortcut().toString(QKeySequence::NativeText),
                       tip.startsWith(QLatin1Char('<')) ? tip : QString(), action->isEnabled(),
                       [action] { action->trigger(); }});
    }
}

void addDocument(std::vector<Findable>& all, MainWindow& window)
{
    InspectionDocument& document = window.document();
    if (const auto& trace = document.trace()) {
        for (const MixerRecord& record : trace->mixers()) {
            const QString name
                = QStringLiteral("%1  ·  %2")
                      .arg(QString::fromStdString(record.id.shortName()), QString::fromStdString(record.id.name()));
            all.push_back({name,
                           tr("Mixer"),
                           {},
                           definition(record.id.isChannelMixer ? Term::ChannelMixer : Term::TokenMixer),
                           true,
                           [&document, id = record.id] { document.requestMixer(id); }});
        }
        for (int index = 0; index < static_cast<int>(trace->logits().size()); ++index)
            all.push_back({QString::fromStdString(document.session()->config().label(index)),
                           tr("Class"),
                           {},
                           {},
                           true,
                           [&document, index] { document.setClass(index); }});
    }
    const int images = std::min(document.images()->count(), kMostImages);
    for (int row = 0; row < images; ++row)
        all.push_back({document.images()->entry(row).name, tr("Image"), {}, {}, true, [&document, row] {
                           document.showImage(row);
                       }});
}

}  // namespace

std::vector<Findable> findables(MainWindow& window, const Actions& actions, const Docks& docks,
                                const QStringList& recentFiles)
{
    std::vector<Findable> all;
    addActions(all, actions);
    for (const QDockWidget* dock : docks.all())
        all.push_back({dock->windowTitle(), tr("Panel"), {}, {}, true, [&window, name = dock->objectName()] {
                           window.showPanel(name);
                       }});
    for (const Term term : allTerms())
        all.push_back(
            {word(term), tr("Word"), {}, definition(term), true, [&window, term] { showDefinition(&window, term); }});
    const QList<Guide::Chapter> chapters = Guide().chapters();
    for (const Guide::Chapter& chapter : chapters)
        all.push_back({chapter.title, tr("Guide"), {}, {}, true, [&window, name = chapter.name] {
                           window.help().showChapter(name);
                       }});
    addDocument(all, window);
    for (const QString& file : recentFiles)
        all.push_back({QFileInfo(file).fileName(), tr("Recent file"), {}, {}, true, [&window, file] {
                           window.openFiles({file});
                       }});
    return all;
}

}  // namespace mixer::ui
