// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/PreferencesDialog.h"

#include "ui/Language.h"
#include "ui/Settings.h"
#include "ui/Translate.h"
#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"
#include "ui/window/Actions.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTabWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

namespace {

constexpr int kNameColumn = 0, kKeysColumn = 1;

QString nameOf(const QAction* action)
{
    return withoutMnemonic(action->text());
}

}  // namespace

PreferencesDialog::PreferencesDialog(InspectionDocument* document, Settings* settings, Actions* actions,
                                     QWidget* parent)
    : QDialog(parent)
    , m_document(document)
    , m_settings(settings)
    , m_actions(actions)
    , m_commands(new QTreeWidget(this))
    , m_keys(new QKeySequenceEdit(this))
    , m_default(new QPushButton(tr("Default"), this))
    , m_conflict(new QLabel(this))
{
    setObjectName(QStringLiteral("preferencesDialog"));
    setWindowTitle(tr("Preferences"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* tabs = new QTabWidget(this);
    tabs->setDocumentMode(true);
    tabs->addTab(makeGeneral(), tr("General"));
    tabs->addTab(makeKeys(), tr("Keys"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setIcon(QIcon());
    buttons->button(QDialogButtonBox::Close)->setAutoDefault(false);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(tabs, 1);
    layout->addWidget(buttons);
    resize(520, 560);
}

QWidget* PreferencesDialog::makeGeneral()
{
    auto* page = new QWidget(this);
    auto* form = new QFormLayout(page);
    form->setContentsMargins(12, 16, 12, 12);
    form->setVerticalSpacing(10);
    auto* theme = new QComboBox(page);
    theme->setObjectName(QStringLiteral("preferredTheme"));
    theme->addItems({tr("as the system"), tr("light"), tr("dark")});
    theme->setCurrentIndex(static_cast<int>(m_document->viewSettings().theme));
    connect(theme, &QComboBox::activated, this, [this](int index) {
        ViewSettings view = m_document->viewSettings();
        view.theme = static_cast<ThemeChoice>(index);
        m_document->setViewSettings(view, tr("Theme"));
    });
    auto* colors = new QComboBox(page);
    colors->setObjectName(QStringLiteral("preferredColors"));
    colors->addItems({tr("viridis"), tr("magma"), tr("cividis")});
    colors->setCurrentIndex(static_cast<int>(m_document->viewSettings().figure.colorMap));
    connect(colors, &QComboBox::activated, this, [this](int index) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.colorMap = static_cast<vis::ColorMapId>(index);
        m_document->setFigureOptions(options, tr("Colours"));
    });
    auto* shares = new QCheckBox(tr("A second start gives its files to this window"), page);
    shares->setObjectName(QStringLiteral("sharesWindowCheck"));
    shares->setToolTip(tr("mixerscope --new opens a window of its own all the same"));
    shares->setChecked(m_settings->sharesWindow());
    connect(shares, &QCheckBox::toggled, this, [this](bool on) { m_settings->setSharesWindow(on); });
    auto* watch = new QCheckBox(tr("Reload the model when its file changes"), page);
    watch->setChecked(m_actions->watchModel->isChecked());
    connect(watch, &QCheckBox::toggled, m_actions->watchModel, &QAction::setChecked);
    form->addRow(tr("Language"), makeLanguage());
    form->addRow(tr("Theme"), theme);
    form->addRow(tr("Colours of maps"), colors);
    form->addRow(tr("Windows"), shares);
    form->addRow(tr("Model"), watch);
    return page;
}

QWidget* PreferencesDialog::makeLanguage()
{
    auto* choice = new QWidget(this);
    auto* combo = new QComboBox(choice);
    combo->setObjectName(QStringLiteral("preferredLanguage"));
    combo->setAccessibleName(tr("Language"));
    combo->addItem(tr("as the system"), QString());
    const QList<Language> known = languages();
    for (const Language& language : known)
        combo->addItem(language.name, language.code);
    combo->setCurrentIndex(std::max(0, combo->findData(m_settings->language())));
    auto* note = new QLabel(choice);
    note->setObjectName(QStringLiteral("languageNote"));
    note->setWordWrap(true);
    note->hide();
    connect(combo, &QComboBox::activated, this, [this, combo, note](int index) {
        const QString code = combo->itemData(index).toString();
        m_settings->setLanguage(code);
        note->setText(canWrite(code)
                          ? tr("Spoken from the next start on.")
                          : tr("Spoken from the next start on. No font here can write it: install the package %1.")
                                .arg(fontPackage(code)));
        note->show();
    });
    auto* layout = new QVBoxLayout(choice);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(combo);
    layout->addWidget(note);
    return choice;
}

QWidget* PreferencesDialog::makeKeys()
{
    auto* page = new QWidget(this);
    m_commands->setObjectName(QStringLiteral("commandKeys"));
    m_commands->setAccessibleName(tr("Commands and their keys"));
    m_commands->setHeaderLabels({tr("Command"), tr("Keys")});
    m_commands->setRootIsDecorated(false);
    m_commands->setUniformRowHeights(true);
    m_commands->header()->setStretchLastSection(false);
    m_commands->header()->setSectionResizeMode(kNameColumn, QHeaderView::Stretch);
    m_commands->header()->setSectionResizeMode(kKeysColumn, QHeaderView::ResizeToContents);
    const QList<QAction*> actions = m_actions->all();
    for (QAction* action : actions) {
        auto* item = new QTreeWidgetItem(m_commands, {nameOf(action), QString()});
        item->setData(kNameColumn, Qt::UserRole, action->objectName());
    }
    m_keys->setObjectName(QStringLiteral("keysEdit"));
    m_keys->setAccessibleName(tr("Keys of the selected command"));
    m_default->setObjectName(QStringLiteral("defaultKeysButton"));
    m_default->setAutoDefault(false);
    auto* none = new QPushButton(tr("None"), page);
    none->setObjectName(QStringLiteral("noKeysButton"));
    none->setAutoDefault(false);
    auto* all = new QPushButton(tr("All defaults"), page);
    all->setAutoDefault(false);
    m_conflict->setObjectName(QStringLiteral("keysConflict"));
    m_conflict->setWordWrap(true);
    auto* row = new QHBoxLayout;
    row->addWidget(m_keys, 1);
    row->addWidget(m_default);
    row->addWidget(none);
    row->addWidget(all);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->addWidget(m_commands, 1);
    layout->addLayout(row);
    layout->addWidget(m_conflict);
    connect(m_commands, &QTreeWidget::currentItemChanged, this, &PreferencesDialog::onCurrentCommand);
    connect(m_keys, &QKeySequenceEdit::editingFinished, this, [this] { assign(m_keys->keySequence()); });
    connect(none, &QPushButton::clicked, this, [this] { assign({}); });
    connect(m_default, &QPushButton::clicked, this, [this] {
        if (currentAction())
            assign(Actions::defaultKeys(currentAction()));
    });
    connect(all, &QPushButton::clicked, this, [this] {
        const QList<QAction*> commands = m_actions->all();
        for (QAction* action : commands) {
            m_settings->setKeys(action->objectName(), std::nullopt);
            Actions::setKeys(action, std::nullopt);
        }
        refreshKeys();
        onCurrentCommand();
    });
    refreshKeys();
    m_commands->setCurrentItem(m_commands->topLevelItem(0));
    return page;
}

void PreferencesDialog::refreshKeys()
{
    for (int i = 0; i < m_commands->topLevelItemCount(); ++i) {
        QTreeWidgetItem* item = m_commands->topLevelItem(i);
        const QAction* action = m_actions->all().at(i);
        item->setText(kKeysColumn, action->shortcut().toString(QKeySequence::NativeText));
        QFont font = m_commands->font();
        font.setBold(action->shortcut() != Actions::defaultKeys(action));
        item->setFont(kKeysColumn, font);
    }
}

QAction* PreferencesDialog::currentAction() const
{
    const int row = m_commands->indexOfTopLevelItem(m_commands->currentItem());
    return row < 0 ? nullptr : m_actions->all().at(row);
}

QAction* PreferencesDialog::ownerOf(const QKeySequence& keys, const QAction* but) const
{
    const QList<QAction*> actions = m_actions->all();
    for (QAction* action : actions) {
        if (action != but && !keys.isEmpty() && action->shortcut() == keys)
            return action;
    }
    return nullptr;
}

void PreferencesDialog::onCurrentCommand()
{
    const QAction* action = currentAction();
    const QSignalBlocker blocker(m_keys);
    m_keys->setEnabled(action != nullptr);
    m_keys->setKeySequence(action ? action->shortcut() : QKeySequence());
    m_default->setEnabled(action && action->shortcut() != Actions::defaultKeys(action));
    m_conflict->clear();
}

void PreferencesDialog::assign(const QKeySequence& keys)
{
    QAction* action = currentAction();
    if (!action || action->shortcut() == keys)
        return;
    if (const QAction* owner = ownerOf(keys, action)) {
        // Two commands on one key would both be dead.
        const QString message = tr("%1 already belongs to \u201c%2\u201d; take it away there first.")
                                    .arg(keys.toString(QKeySequence::NativeText), nameOf(owner));
        onCurrentCommand();
        m_conflict->setText(message);
        QPalette colors = palette();
        colors.setColor(QPalette::WindowText, figureStyleFor(*this).highlight);
        m_conflict->setPalette(colors);
        return;
    }
    const bool isDefault = keys == Actions::defaultKeys(action);
    m_settings->setKeys(action->objectName(), isDefault ? std::nullopt : std::optional<QKeySequence>(keys));
    Actions::setKeys(action, keys);
    refreshKeys();
    onCurrentCommand();
}

}  // namespace mixer::ui
