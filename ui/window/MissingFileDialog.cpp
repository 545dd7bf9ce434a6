// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/MissingFileDialog.h"

#include "ui/document/CheckpointFilter.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace mixer::ui {

MissingFileDialog::MissingFileDialog(QWidget* parent, const QString& file, bool isModel, int others)
    : QDialog(parent)
    , m_file(file)
    , m_isModel(isModel)
{
    setObjectName(QStringLiteral("missingFileDialog"));
    setWindowTitle(tr("A file of the session is missing"));
    auto* question = new QLabel(this);
    question->setTextFormat(Qt::RichText);
    question->setWordWrap(true);
    question->setMinimumWidth(460);
    question->setText(tr("<p><b>%1</b> is not there any more:</p><p>%2</p><p>%3</p>")
                          .arg(QFileInfo(file).fileName().toHtmlEscaped(), file.toHtmlEscaped(),
                               isModel ? tr("Without it the session opens with its images alone.")
                                       : tr("Other files of its folder are then looked for beside it.")));
    auto* buttons = new QDialogButtonBox(this);
    QPushButton* find = buttons->addButton(tr("Find it…"), QDialogButtonBox::AcceptRole);
    QPushButton* without = buttons->addButton(tr("Go on without it"), QDialogButtonBox::DestructiveRole);
    QPushButton* stop = buttons->addButton(tr("Do not open"), QDialogButtonBox::RejectRole);
    find->setObjectName(QStringLiteral("findFileButton"));
    without->setObjectName(QStringLiteral("withoutFileButton"));
    stop->setObjectName(QStringLiteral("stopOpeningButton"));
    find->setDefault(true);
    connect(find, &QPushButton::clicked, this, &MissingFileDialog::find);
    auto* all = new QCheckBox(tr("The same for %n others that are missing", nullptr, others), this);
    all->setObjectName(QStringLiteral("withoutAllCheck"));
    all->setVisible(others > 0);
    connect(without, &QPushButton::clicked, this, [this, all] {
        m_answer.isForAll = all->isChecked();
        accept();
    });
    connect(stop, &QPushButton::clicked, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(question);
    layout->addWidget(all);
    layout->addWidget(buttons);
}

void MissingFileDialog::find()
{
    const QString filter = m_isModel ? tr("Checkpoints (%1);;All files (*)").arg(checkpointPatterns())
                                     : tr("%1;;All files (*)").arg(QFileInfo(m_file).fileName());
    const QString found
        = QFileDialog::getOpenFileName(this, tr("Where is %1?").arg(QFileInfo(m_file).fileName()), m_file, filter);
    if (found.isEmpty())
        return;
    m_answer.path = found;
    accept();
}

MissingFileDialog::Answer MissingFileDialog::ask(QWidget* parent, const QString& file, bool isModel, int others)
{
    MissingFileDialog dialog(parent, file, isModel, others);
    dialog.m_answer.isGivenUp = dialog.exec() == QDialog::Rejected;
    return dialog.m_answer;
}

}  // namespace mixer::ui
