// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/MemoryDialog.h"

#include "ui/theme/Theme.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace mixer::ui {

namespace {

enum Column { MixerColumn, GridColumn, RecordedColumn, LookColumn, StatesColumn };
constexpr int kFullBar = 1000;

/// Sorts by what its number is, not by how it is written.
class BytesItem : public QTreeWidgetItem {
public:
    using QTreeWidgetItem::QTreeWidgetItem;
    bool operator<(const QTreeWidgetItem& other) const override
    {
        const int column = treeWidget()->sortColumn();
        return data(column, Qt::UserRole).toDouble() < other.data(column, Qt::UserRole).toDouble();
    }
};

QSpinBox* sideBox(const QString& name, int value, QWidget* parent)
{
    auto* box = new QSpinBox(parent);
    box->setObjectName(name);
    box->setRange(32, 16384);
    box->setSingleStep(32);
    box->setSuffix(MemoryDialog::tr(" px"));
    box->setValue(value);
    return box;
}

}  // namespace

MemoryDialog::MemoryDialog(std::shared_ptr<const InferenceSession> session, const SessionOptions& options,
                           QWidget* parent)
    : QDialog(parent)
    , m_session(std::move(session))
    , m_elementBytes(elementBytes(options.precision))
    , m_height(sideBox(QStringLiteral("plannedHeight"), m_session->preprocessing().height, this))
    , m_width(sideBox(QStringLiteral("plannedWidth"), m_session->preprocessing().width, this))
    , m_bar(new QProgressBar(this))
    , m_verdict(new QLabel(this))
    , m_recorded(new QLabel(this))
    , m_look(new QLabel(this))
    , m_states(new QLabel(this))
    , m_mixers(new QTreeWidget(this))
    , m_use(new QPushButton(tr("Use this size"), this))
{
    setObjectName(QStringLiteral("memoryDialog"));
    setWindowTitle(tr("Memory planner"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* size = new QHBoxLayout;
    size->addWidget(new QLabel(tr("Pictures of"), this));
    size->addWidget(m_height);
    size->addWidget(new QLabel(QStringLiteral("×"), this));
    size->addWidget(m_width);
    size->addWidget(new QLabel(tr("height × width"), this));
    size->addStretch(1);
    size->addWidget(m_use);
    m_height->setAccessibleName(tr("Height of the pictures"));
    m_width->setAccessibleName(tr("Width of the pictures"));
    m_use->setObjectName(QStringLiteral("usePlannedSize"));
    m_use->setToolTip(tr("Runs the picture at this size instead of the configured one"));
    m_bar->setRange(0, kFullBar);
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(8);
    m_bar->setAccessibleName(tr("Share of the free memory"));
    m_verdict->setObjectName(QStringLiteral("memoryVerdict"));
    m_verdict->setWordWrap(true);
    m_mixers->setObjectName(QStringLiteral("memoryMixers"));
    m_mixers->setAccessibleName(tr("Memory of each mixer"));
    m_mixers->setHeaderLabels({tr("Mixer"), tr("Tokens"), tr("Recorded"), tr("Closer look"), tr("Every state")});
    m_mixers->headerItem()->setToolTip(StatesColumn, tr("If somebody wanted to keep them all: nobody does"));
    m_mixers->setRootIsDecorated(false);
    m_mixers->setUniformRowHeights(true);
    m_mixers->setAlternatingRowColors(true);
    for (int column = GridColumn; column <= StatesColumn; ++column)
        m_mixers->headerItem()->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    m_mixers->header()->setStretchLastSection(false);
    m_mixers->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_mixers->header()->setSectionResizeMode(MixerColumn, QHeaderView::Stretch);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setIcon(QIcon());
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    layout->addLayout(size);
    layout->addWidget(m_bar);
    layout->addWidget(m_verdict);
    layout->addWidget(makeParts());
    layout->addWidget(m_mixers, 1);
    layout->addWidget(buttons);
    for (QSpinBox* box : {m_height, m_width})
        connect(box, &QSpinBox::valueChanged, this, &MemoryDialog::refresh);
    connect(m_use, &QPushButton::clicked, this, [this] { Q_EMIT sizeChosen(m_height->value(), m_width->value()); });
    resize(640, 620);
    refresh();
}

QWidget* MemoryDialog::makeParts()
{
    auto* parts = new QWidget(this);
    auto* grid = new QGridLayout(parts);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(14);
    grid->setColumnStretch(2, 1);
    int row = 0;
    const auto add = [&](const QString& part, QLabel* bytes, const QString& strategy) {
        auto* name = new QLabel(part, parts);
        auto* how = new QLabel(strategy, parts);
        how->setWordWrap(true);
        how->setForegroundRole(QPalette::PlaceholderText);
        bytes->setAlignment(Qt::AlignRight);
        grid->addWidget(name, row, 0, Qt::AlignTop);
        grid->addWidget(bytes, row, 1, Qt::AlignTop);
        grid->addWidget(how, row++, 2, Qt::AlignTop);
    };
    add(tr("Recorded run"), m_recorded, tr("Stored: input and output of every mixer, and the prepared picture"));
    add(tr("Closer look"), m_look,
        tr("Computed again from the record, for one mixer at a time: Δ, B, C, gates (the largest mixer counts)"));
    add(tr("Every state"), m_states,
        tr("Not kept: states at the borders of chunks of 64 steps are, within a closer look; the rest is computed "
           "again "
           "when a step is looked at"));
    add(tr("Attention"), new QLabel(QStringLiteral("–"), parts), tr("Never the matrix: a row or a column at a time"));
    return parts;
}

void MemoryDialog::refresh()
{
    const MemoryRoom room = memoryRoom(*m_session, m_height->value(), m_width->value(), m_elementBytes);
    const auto needed = static_cast<double>(room.plan.needed());
    m_bar->setVisible(room.available >= 0);
    const double share = room.available > 0 ? needed / static_cast<double>(room.available) : 1;
    m_bar->setValue(static_cast<int>(kFullBar * std::min(1.0, share)));
    m_verdict->setText(room.fits() ? tr("Fits: %1.").arg(room.text()) : room.refusal());
    QPalette colors = palette();
    if (!room.fits()) {
        colors.setColor(QPalette::WindowText, figureStyleFor(*this).highlight);
        colors.setColor(QPalette::Highlight, figureStyleFor(*this).highlight);
    }
    m_verdict->setPalette(colors);
    m_bar->setPalette(colors);
    m_recorded->setText(bytesText(static_cast<double>(room.plan.trace)));
    m_look->setText(bytesText(static_cast<double>(room.plan.largestDetail)));
    m_states->setText(bytesText(static_cast<double>(room.plan.allStates)));
    m_use->setEnabled(room.fits());
    fillMixers(room.plan);
}

void MemoryDialog::fillMixers(const MemoryPlan& plan)
{
    m_mixers->setSortingEnabled(false);
    m_mixers->clear();
    int order = 0;
    for (const MemoryPlan::Mixer& mixer : plan.mixers) {
        auto* item = new BytesItem(m_mixers,
                                   QStringList{QString::fromStdString(mixer.id.shortName()),
                                               QStringLiteral("%1 × %2").arg(mixer.height).arg(mixer.width)});
        item->setToolTip(MixerColumn, QString::fromStdString(mixer.id.name()));
        item->setData(MixerColumn, Qt::UserRole, order++);
        item->setData(GridColumn, Qt::UserRole, double(mixer.height) * mixer.width);
        item->setTextAlignment(GridColumn, Qt::AlignRight | Qt::AlignVCenter);
        const std::pair<int, std::uint64_t> bytes[]
            = {{RecordedColumn, mixer.trace}, {LookColumn, mixer.detail}, {StatesColumn, mixer.states}};
        for (const auto& [column, count] : bytes) {
            item->setText(column, bytesText(static_cast<double>(count)));
            item->setData(column, Qt::UserRole, static_cast<double>(count));
            item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
        }
    }
    m_mixers->setSortingEnabled(true);
    m_mixers->sortByColumn(MixerColumn, Qt::AscendingOrder);
}

}  // namespace mixer::ui
