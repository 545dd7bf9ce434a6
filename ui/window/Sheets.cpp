// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/Sheets.h"

#include "ui/Translate.h"
#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"
#include "ui/window/Actions.h"

#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QPushButton>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace mixer::ui {

namespace {

QDialog* showSheet(QWidget* parent, const QString& objectName, const QString& title, const QString& html,
                   const QSize& size)
{
    auto* dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName(objectName);
    dialog->setWindowTitle(title);
    auto* text = new QTextBrowser(dialog);
    text->setHtml(html);
    text->setOpenExternalLinks(true);
    text->setFrameShape(QFrame::NoFrame);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    buttons->button(QDialogButtonBox::Close)->setIcon(QIcon());
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
    auto* layout = new QVBoxLayout(dialog);
    layout->addWidget(text);
    layout->addWidget(buttons);
    dialog->resize(size);
    dialog->show();
    return dialog;
}

QString row(const QString& left, const QString& right)
{
    return QStringLiteral("<tr><td style='padding:3px 18px 3px 4px'><b>%1</b></td><td style='padding:3px'>%2</td></tr>")
        .arg(left.toHtmlEscaped(), right.toHtmlEscaped());
}

}  // namespace

QDialog* showShortcutSheet(QWidget* parent, const Actions& actions)
{
    QString rows;
    rows += row(tr("Left, Right"), tr("Step back, forward in the scan"));
    rows += row(tr("Shift+Left, Shift+Right"), tr("Ten steps"));
    rows += row(tr("Home, End"), tr("First, last step"));
    rows += row(tr("Up, Down"), tr("Previous, next chosen scan, at the same token"));
    rows += row(tr("Space"), tr("Play or pause"));
    for (const QAction* action : actions.all()) {
        if (!action->shortcut().isEmpty())
            rows += row(action->shortcut().toString(QKeySequence::NativeText), withoutMnemonic(action->text()));
    }
    rows += row(tr("Wheel"), tr("Zoom to the cursor"));
    rows += row(tr("Drag"), tr("Move the image"));
    rows += row(tr("Click on the image"), tr("Select the token there"));
    return showSheet(parent, QStringLiteral("shortcutSheet"), tr("Keyboard shortcuts"),
                     QStringLiteral("<table>%1</table>").arg(rows), QSize(460, 640));
}

QDialog* showAbout(QWidget* parent, const InspectionDocument& document)
{
    QString html = QStringLiteral("<h2>MixerScope %1</h2><p>%2</p>")
                       .arg(QCoreApplication::applicationVersion(),
                            tr("Looks into vision state-space models: which scans the router chose, what each channel "
                               "let in, what the state held, and what was predicted."));
    QString rows;
    if (const auto& session = document.session()) {
        const RuntimeInfo runtime = session->runtime();
        rows += row(tr("Device"), QString::fromStdString(runtime.device));
        rows += row(tr("Scan kernel"), QString::fromStdString(runtime.kernel));
        rows += row(tr("Threads"), QString::number(runtime.threads));
        rows += row(QStringLiteral("LibTorch"), QString::fromStdString(runtime.torchVersion));
        rows += row(QStringLiteral("BLAS"), QString::fromStdString(runtime.blas));
    }
    rows += row(QStringLiteral("Qt"), QString::fromLatin1(qVersion()));
    html += QStringLiteral("<table>%1</table><p>%2</p>")
                .arg(rows,
                     tr("Free software: GPL-3.0-or-later; the engine and its kernels are under the MIT licence. It "
                        "comes without any warranty."));
    QDialog* dialog = showSheet(parent, QStringLiteral("aboutDialog"), tr("About MixerScope"), html, QSize(480, 400));
    dialog->setWindowIcon(programIcon());
    return dialog;
}

QDialog* showDefinition(QWidget* parent, Term term)
{
    return showSheet(parent, QStringLiteral("definitionSheet"), word(term), definition(term), QSize(420, 220));
}

QDialog* showWarnings(QWidget* parent, const QStringList& warnings)
{
    QString html;
    for (const QString& warning : warnings)
        html += QStringLiteral("<p>%1</p>").arg(warning.toHtmlEscaped());
    return showSheet(parent, QStringLiteral("warningsDialog"), tr("Warnings"), html, QSize(560, 320));
}

}  // namespace mixer::ui
