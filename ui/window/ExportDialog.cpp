// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/ExportDialog.h"

#include "ui/Settings.h"
#include "ui/document/FigureOutput.h"
#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"
#include "visualizers/Figure.h"
#include "visualizers/FigureAnimation.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>

namespace mixer::ui {

ExportDialog::ExportDialog(InspectionDocument* document, Settings* settings, const QString& figureId, QWidget* parent)
    : QDialog(parent)
    , m_document(document)
    , m_settings(settings)
    , m_figure(new QComboBox(this))
    , m_format(new QComboBox(this))
    , m_width(new QComboBox(this))
    , m_dpi(new QSpinBox(this))
    , m_theme(new QComboBox(this))
    , m_title(new QCheckBox(tr("Title"), this))
    , m_caption(new QCheckBox(tr("Caption: model, image, mixer, scan, edits, version"), this))
    , m_transparent(new QCheckBox(tr("Transparent background"), this))
    , m_recipe(new QCheckBox(tr("Recipe: how to make it again"), this))
    , m_path(new QLineEdit(this))
    , m_problem(new QLabel(this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setObjectName(QStringLiteral("exportDialog"));
    setWindowTitle(tr("Export figure"));
    m_figure->setObjectName(QStringLiteral("exportFigureCombo"));
    const QStringList ids = vis::figureIds();
    for (const QString& id : ids) {
        if (vis::figureExists(id, document->figureContext()))
            m_figure->addItem(figureName(id), id);
    }
    m_figure->setCurrentIndex(std::max(0, m_figure->findData(figureId)));
    m_format->setObjectName(QStringLiteral("exportFormatCombo"));
    fillFormats();
    m_width->addItem(tr("Single column (3.35 in)"), static_cast<int>(vis::FigureWidth::SingleColumn));
    m_width->addItem(tr("Double column (7 in)"), static_cast<int>(vis::FigureWidth::DoubleColumn));
    m_width->setCurrentIndex(1);
    m_dpi->setRange(36, 2400);
    m_dpi->setValue(300);
    m_dpi->setSuffix(tr(" dpi"));
    m_theme->addItem(tr("Light"), static_cast<int>(vis::Theme::Light));
    m_theme->addItem(tr("Dark"), static_cast<int>(vis::Theme::Dark));
    m_title->setChecked(true);
    m_caption->setChecked(true);
    m_recipe->setObjectName(QStringLiteral("exportRecipe"));
    m_recipe->setChecked(true);
    m_recipe->setToolTip(tr("Names and SHA-256 of model and picture, selection, edits and all options inside the file: "
                            "“mixerscope export --recipe FILE” makes it again, byte for byte. It holds the names of "
                            "your folders"));
    m_path->setObjectName(QStringLiteral("exportPath"));
    m_path->setMinimumWidth(340);
    m_problem->setObjectName(QStringLiteral("exportProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* browseButton = new QPushButton(tr("Browse…"), this);
    browseButton->setAutoDefault(false);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Cancel)->setIcon(QIcon());
    m_export = buttons->addButton(tr("Export"), QDialogButtonBox::AcceptRole);
    m_export->setObjectName(QStringLiteral("exportButton"));
    m_export->setDefault(true);
    auto* file = new QHBoxLayout;
    file->addWidget(m_path, 1);
    file->addWidget(browseButton);
    auto* form = new QFormLayout(this);
    form->addRow(tr("Figure"), m_figure);
    form->addRow(tr("Format"), m_format);
    form->addRow(tr("Width"), m_width);
    form->addRow(tr("Resolution"), m_dpi);
    form->addRow(tr("Theme"), m_theme);
    form->addRow(QString(), m_title);
    form->addRow(QString(), m_caption);
    form->addRow(QString(), m_transparent);
    form->addRow(QString(), m_recipe);
    form->addRow(tr("File"), file);
    form->addRow(m_problem);
    form->addRow(buttons);
    connect(m_figure, &QComboBox::currentIndexChanged, this, &ExportDialog::onFigureChanged);
    connect(m_format, &QComboBox::currentIndexChanged, this, &ExportDialog::onFormatChanged);
    connect(m_path, &QLineEdit::textEdited, this, &ExportDialog::onPathEdited);
    connect(browseButton, &QPushButton::clicked, this, &ExportDialog::browse);
    connect(m_export, &QPushButton::clicked, this, &ExportDialog::writeFile);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    proposePath();
    onFormatChanged();
}

QString ExportDialog::figureName(const QString& figureId)
{
    if (figureId == QLatin1String("predictions"))
        return tr("Predictions");
    if (figureId == QLatin1String("routing"))
        return tr("Routing: scans chosen in each mixer");
    if (figureId == QLatin1String("scan-path"))
        return tr("Scan path over the image");
    if (figureId == QLatin1String("gates"))
        return tr("Gates of each lane");
    if (figureId == QLatin1String("state"))
        return tr("State at the current step");
    if (figureId == QLatin1String("gate-distribution"))
        return tr("Distribution of the gates");
    if (figureId == QLatin1String("attention"))
        return tr("Implicit attention of the selected token");
    if (figureId == QLatin1String("split"))
        return tr("Parts of the scan's output");
    if (figureId == QLatin1String("receptive-fields"))
        return tr("Receptive fields by scan and direction");
    if (figureId == QLatin1String("patch-effects"))
        return tr("Effects of patches from another image");
    if (figureId == QLatin1String("mixing"))
        return tr("Weights that average earlier features");
    if (figureId == QLatin1String("router-statistics"))
        return tr("Scans by class, over all images");
    if (figureId == QLatin1String("comparison"))
        return tr("Difference of two runs, mixer by mixer");
    if (figureId == QLatin1String("comparison-map"))
        return tr("Maps of two runs and their difference");
    return figureId;
}

QString ExportDialog::format() const
{
    return m_format->currentData().toString();
}

QString ExportDialog::figureId() const
{
    return m_figure->currentData().toString();
}

vis::ExportOptions ExportDialog::options() const
{
    vis::ExportOptions options;
    options.preset = static_cast<vis::FigureWidth>(m_width->currentData().toInt());
    options.dpi = m_dpi->value();
    options.theme = static_cast<vis::Theme>(m_theme->currentData().toInt());
    options.title = m_title->isChecked();
    options.caption = m_caption->isChecked();
    options.transparent = m_transparent->isChecked();
    options.overwrite = m_isOverwriteAgreed;
    return options;
}

void ExportDialog::proposePath()
{
    const QString image = m_document->picture() ? QFileInfo(m_document->picture()->name).completeBaseName() : QString();
    const QString stem = image.isEmpty() ? figureId() : image + QLatin1Char('-') + figureId();
    const QDir folder(m_settings->lastFolder(Settings::FileKind::Export));
    m_path->setText(QDir::toNativeSeparators(folder.filePath(stem + QLatin1Char('.') + format())));
    onPathEdited();
}

bool ExportDialog::isAnimation() const
{
    return vis::animationExtensions().contains(format());
}

void ExportDialog::fillFormats()
{
    const QSignalBlocker block(m_format);
    const QString current = format();
    m_format->clear();
    QStringList extensions = vis::exportExtensions();
    if (figureId() == QLatin1String("scan-path"))
        extensions += vis::animationExtensions();
    for (const QString& extension : extensions)
        m_format->addItem(extension.toUpper(), extension);
    m_format->setCurrentIndex(std::max(0, m_format->findData(current)));
}

void ExportDialog::onFigureChanged()
{
    fillFormats();
    proposePath();
    onFormatChanged();
}

void ExportDialog::onFormatChanged()
{
    const QFileInfo info(m_path->text());
    m_path->setText(
        QDir::toNativeSeparators(QDir(info.path()).filePath(info.completeBaseName() + QLatin1Char('.') + format())));
    const bool isPicture
        = format() == QLatin1String("png") || format() == QLatin1String("svg") || format() == QLatin1String("pdf");
    if (m_isDpiOfScreen != isAnimation()) {
        const int shown = m_dpi->value();
        m_dpi->setValue(m_otherDpi);
        m_otherDpi = shown;
        m_isDpiOfScreen = isAnimation();
    }
    m_dpi->setEnabled(format() == QLatin1String("png") || isAnimation());
    for (QWidget* widget : {static_cast<QWidget*>(m_width), static_cast<QWidget*>(m_theme),
                            static_cast<QWidget*>(m_title), static_cast<QWidget*>(m_caption)})
        widget->setEnabled(isPicture || isAnimation());
    m_transparent->setEnabled(isPicture);
    // Pasted pictures lie in no file that a recipe could name.
    const bool hasFile = m_document->picture() && !m_document->picture()->path.isEmpty();
    m_recipe->setEnabled(hasFile
                         && (isPicture || format() == QLatin1String("json") || format() == QLatin1String("gif")));
    onPathEdited();
}

void ExportDialog::onPathEdited()
{
    m_isOverwriteAgreed = false;
    m_problem->hide();
    m_export->setText(tr("Export"));
    const int known = m_format->findData(QFileInfo(m_path->text()).suffix().toLower());
    if (known >= 0 && known != m_format->currentIndex())
        m_format->setCurrentIndex(known);
}

void ExportDialog::browse()
{
    auto* dialog = new QFileDialog(this, tr("Export figure"), m_path->text(),
                                   tr("%1 file (*.%2)").arg(format().toUpper(), format()));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(format());
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        m_path->setText(QDir::toNativeSeparators(path));
        onPathEdited();
        m_isOverwriteAgreed = true;  // the file dialog has asked
    });
    dialog->open();
}

void ExportDialog::writeFile()
{
    const QString path = QDir::fromNativeSeparators(m_path->text());
    if (QFileInfo::exists(path) && !m_isOverwriteAgreed) {
        m_isOverwriteAgreed = true;
        m_problem->setText(tr("%1 exists already.").arg(QFileInfo(path).fileName()));
        m_problem->show();
        m_export->setText(tr("Replace"));
        return;
    }
    m_export->setEnabled(false);
    const QPointer<ExportDialog> self(this);
    const Recipe recipe = m_recipe->isChecked() ? Recipe::Kept : Recipe::LeftOut;
    const auto done = [self, path](const QString& problem) {
        if (!self)
            return;
        self->m_export->setEnabled(true);
        if (!problem.isEmpty()) {
            self->m_problem->setText(problem);
            self->m_problem->show();
            return;
        }
        self->m_settings->setLastFolder(Settings::FileKind::Export, path);
        Q_EMIT self->exported(path);
        self->close();
    };
    if (vis::isAnimation(path))
        exportAnimationOf(*m_document, path, options(), recipe, done);
    else
        exportFigureOf(*m_document, figureId(), path, options(), recipe, done);
}

}  // namespace mixer::ui
