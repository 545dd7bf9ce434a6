// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/PatchEffectsView.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/document/PatchEdits.h"
#include "ui/views/FigureView.h"
#include "visualizers/FigureRun.h"
#include "visualizers/PatchEffectsFigure.h"

#include <QComboBox>
#include <QFile>
#include <QIdentityProxyModel>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

namespace mixer::ui {

namespace {

constexpr int kParts = 4;

/// The images by name alone: a box has no room for thumbnails, and need not make them be loaded.
class NamesOnly : public QIdentityProxyModel {
public:
    using QIdentityProxyModel::QIdentityProxyModel;
    QVariant data(const QModelIndex& index, int role) const override
    {
        const bool isText = role == Qt::DisplayRole || role == Qt::ToolTipRole;
        return isText ? QIdentityProxyModel::data(index, role) : QVariant();
    }
};

}  // namespace

PatchEffectsView::PatchEffectsView(QWidget* parent)
    : QWidget(parent)
    , m_source(new QComboBox(this))
    , m_part(new QComboBox(this))
    , m_parts(new QSpinBox(this))
    , m_measure(new QPushButton(tr("Measure"), this))
    , m_value(new QComboBox(this))
    , m_hint(new QLabel(this))
    , m_figure(new FigureView(QStringLiteral("patch-effects"), FigureView::Follow::Marks, this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_source->setObjectName(QStringLiteral("patchSourceCombo"));
    m_source->setAccessibleName(tr("Image that patches are taken from"));
    m_source->setToolTip(tr("The image that patches are taken from"));
    m_source->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_source->setMinimumContentsLength(4);
    m_part->setObjectName(QStringLiteral("patchPartCombo"));
    m_part->setAccessibleName(tr("What is patched"));
    m_part->addItems({tr("outputs"), tr("states")});
    m_part->setToolTip(tr("Outputs of each mixer in one block of tokens, or the state of a scan after one step"));
    m_parts->setObjectName(QStringLiteral("patchPartsSpin"));
    m_parts->setAccessibleName(tr("Blocks along each side, or steps"));
    m_parts->setRange(1, kMostPatchParts);
    m_parts->setValue(kParts);
    m_measure->setObjectName(QStringLiteral("measurePatchesButton"));
    m_measure->setAutoDefault(false);
    m_measure->setToolTip(definition(Term::PatchEffect));
    m_value->setObjectName(QStringLiteral("patchValueCombo"));
    m_value->setAccessibleName(tr("Probability or logit"));
    m_value->addItems({tr("probability"), tr("logit")});
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    m_hint->setMinimumWidth(40);
    m_figure->setAccessibleName(tr("What patches from another image change"));
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(6, 4, 6, 0);
    bar->setSpacing(4);
    bar->addWidget(m_source, 3);
    bar->addWidget(m_part, 2);
    bar->addWidget(m_parts);
    bar->addWidget(m_measure);
    m_part->setMinimumWidth(64);
    auto* foot = new QHBoxLayout;
    foot->setContentsMargins(10, 2, 6, 4);
    foot->addWidget(m_hint, 1);
    foot->addWidget(m_value);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_figure, 1);
    layout->addLayout(foot);
}

void PatchEffectsView::setDocument(InspectionDocument* document)
{
    m_document = document;
    auto* names = new NamesOnly(this);
    names->setSourceModel(document->images());
    m_source->setModel(names);
    m_figure->setDocument(document);
    for (const auto signal : {&InspectionDocument::traceChanged, &InspectionDocument::patchEffectsChanged,
                              &InspectionDocument::interventionsChanged, &InspectionDocument::viewSettingsChanged})
        connect(document, signal, this, &PatchEffectsView::refresh);
    connect(document, &InspectionDocument::currentImageChanged, this, &PatchEffectsView::chooseAnother);
    connect(document->images(), &QAbstractItemModel::rowsInserted, this, &PatchEffectsView::chooseAnother);
    connect(document->images(), &QAbstractItemModel::modelReset, this, &PatchEffectsView::chooseAnother);
    connect(m_source, &QComboBox::currentIndexChanged, this, &PatchEffectsView::refresh);
    connect(m_part, &QComboBox::currentIndexChanged, this, &PatchEffectsView::refresh);
    connect(m_measure, &QPushButton::clicked, this, &PatchEffectsView::measure);
    connect(m_figure, &FigureView::clicked, this, &PatchEffectsView::toggleAt);
    connect(m_value, &QComboBox::activated, this, [this](int index) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.predictionValue = static_cast<vis::PredictionValue>(index);
        m_document->setFigureOptions(options, tr("Probability or logit"));
    });
    chooseAnother();
}

void PatchEffectsView::chooseAnother()
{
    const int shown = m_document->currentImage();
    if ((m_source->currentIndex() == shown || m_source->currentIndex() < 0) && m_source->count() > 1)
        m_source->setCurrentIndex(shown == 0 ? 1 : 0);
    refresh();
}

void PatchEffectsView::refresh()
{
    const int shown = m_document->currentImage();
    const bool hasOther = m_source->count() > 1 || (m_source->count() == 1 && shown < 0);
    const bool isOther = m_source->currentIndex() >= 0 && m_source->currentIndex() != shown;
    const auto& map = m_document->patchEffects();
    m_source->setEnabled(hasOther);
    m_measure->setEnabled(m_document->trace() && isOther);
    const bool isOutput = m_part->currentIndex() == static_cast<int>(PatchedPart::Output);
    m_parts->setToolTip(isOutput ? tr("Blocks of tokens along each side of the grid") : tr("Steps of each scan"));
    m_value->setVisible(map != nullptr);
    m_value->setCurrentIndex(static_cast<int>(m_document->viewSettings().figure.predictionValue));
    m_figure->setEmptyText(!m_document->trace() ? tr("What patches from another image change appears here")
                               : !hasOther      ? tr("Patches are taken from another image: add one to the list first")
                               : !isOther       ? tr("Choose another image than the one that is shown")
                                          : tr("Where does the class depend on the image? Measure what each patch "
                                               "from the other image changes"));
    const bool isOlder = map && m_document->trace() && !(map->edits == m_document->trace()->interventions());
    const QString note = isOlder ? tr("measured before the edits changed") : tr("click a cell to make it an edit");
    m_hint->setText(map ? classText(*map) + QLatin1Char('\n') + note : QString());
    m_hint->setToolTip(m_hint->text());
}

QString PatchEffectsView::classText(const vis::PatchEffectMap& map) const
{
    const bool isLogit = m_document->viewSettings().figure.predictionValue == vis::PredictionValue::Logit;
    const PatchEffects& e = map.effects;
    const auto number = [](double value) { return QLocale().toString(value, 'f', 3); };
    return tr("%1: %2 here, %3 there")
        .arg(QString::fromStdString(m_document->session()->config().label(e.classIndex)),
             number(isLogit ? e.ownLogit : e.ownProbability), number(isLogit ? e.otherLogit : e.otherProbability));
}

void PatchEffectsView::measure()
{
    const int row = m_source->currentIndex();
    if (row < 0 || row >= m_document->images()->count() || !m_document->trace())
        return;
    const ImageEntry& entry = m_document->images()->entry(row);
    if (entry.path.isEmpty()) {
        m_document->report(tr("A pasted image has no file to take patches from: save it and open it first."));
        return;
    }
    vis::PatchEffectRequest request;
    request.image = entry.path;
    request.part = static_cast<PatchedPart>(m_part->currentIndex());
    request.parts = m_parts->value();
    request.classIndex = m_document->shownClass();
    vis::FigureRun run;
    run.session = m_document->session();
    run.trace = m_document->trace();
    using Map = std::shared_ptr<const vis::PatchEffectMap>;
    const auto work = [run, request](const JobContext& context) -> Map {
        return vis::patchEffectsOf(run, request, context.progress, context.cancel);
    };
    m_document->worker().submit<Map>(
        QStringLiteral("patch-effects"), tr("Patching from %1").arg(entry.name), work,
        [this, session = run.session, picture = m_document->picture()](const JobOutcome<Map>& outcome) {
            if (outcome.end == JobEnd::Failed)
                m_document->report(outcome.message);
            if (outcome.end == JobEnd::Finished && session == m_document->session() && picture == m_document->picture())
                m_document->setPatchEffects(outcome.value);
        });
}

void PatchEffectsView::toggleAt(const QPointF& point)
{
    const auto* figure = dynamic_cast<const vis::PatchEffectsFigure*>(m_figure->figure());
    const auto cell
        = figure ? figure->cellAt(point, m_figure->figureRect(), m_figure->figureStyle()) : std::optional<QPoint>();
    if (!cell)
        return;
    const std::string image = QFile::encodeName(figure->map().request.image).toStdString();
    togglePatch(*m_document, figure->map().effects.edit(cell->y(), cell->x(), image));
}

}  // namespace mixer::ui
