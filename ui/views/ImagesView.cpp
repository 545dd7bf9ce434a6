// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/ImagesView.h"

#include "ui/document/InspectionDocument.h"
#include "ui/document/PatchEdits.h"
#include "ui/theme/Theme.h"

#include <QApplication>
#include <QComboBox>
#include <QDrag>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QMimeData>
#include <QMouseEvent>
#include <QPainter>
#include <QScopedValueRollback>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

namespace {

constexpr int kThumbnail = 48;
constexpr int kPadding = 6;

/// Thumbnail, name, and below it the top class with its probability.
class ImageDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override
    {
        return {180, kThumbnail + 2 * kPadding};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        painter->save();
        const bool isCurrent = index.data(ImageListModel::IsCurrentRole).toBool();
        const bool isSelected = option.state & QStyle::State_Selected;
        QColor ground = option.palette.color(QPalette::Highlight);
        ground.setAlpha(isCurrent ? 70 : 35);
        if (isCurrent || isSelected || (option.state & QStyle::State_MouseOver))
            painter->fillRect(option.rect, ground);
        if (isCurrent)
            painter->fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())),
                              option.palette.color(QPalette::Highlight));
        const QRect inner = option.rect.adjusted(kPadding + 2, kPadding, -kPadding, -kPadding);
        paintThumbnail(painter, QRect(inner.topLeft(), QSize(kThumbnail, kThumbnail)), option, index);
        paintText(painter, inner.adjusted(kThumbnail + 8, 0, 0, 0), option, index);
        painter->restore();
    }

private:
    static void paintThumbnail(QPainter* painter, const QRect& box, const QStyleOptionViewItem& option,
                               const QModelIndex& index)
    {
        const QImage image = index.data(Qt::DecorationRole).value<QImage>();
        if (image.isNull()) {
            painter->fillRect(box, option.palette.color(QPalette::AlternateBase));
            return;
        }
        const QSize size = image.size().scaled(box.size(), Qt::KeepAspectRatio);
        QRect target(QPoint(), size);
        target.moveCenter(box.center());
        painter->setRenderHint(QPainter::SmoothPixmapTransform);
        painter->drawImage(target, image);
    }

    static void paintText(QPainter* painter, const QRect& box, const QStyleOptionViewItem& option,
                          const QModelIndex& index)
    {
        const QFontMetrics metrics(option.font);
        const int line = metrics.height() + 1;
        QRect row(box.left(), box.center().y() - line + 1, box.width(), line);
        painter->setFont(option.font);
        painter->setPen(option.palette.color(QPalette::Text));
        painter->drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                          metrics.elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideMiddle, row.width()));
        row.translate(0, line);
        painter->setPen(option.palette.color(QPalette::PlaceholderText));
        const QString problem = index.data(ImageListModel::ErrorRole).toString();
        const QString label = index.data(ImageListModel::PredictionRole).toString();
        if (!problem.isEmpty() || label.isEmpty()) {
            const QString note = problem.isEmpty() ? QString() : ImagesView::tr("cannot be shown");
            painter->drawText(row, Qt::AlignLeft | Qt::AlignVCenter, note);
            return;
        }
        const double confidence = index.data(ImageListModel::ConfidenceRole).toDouble();
        const QString share = ImagesView::tr("%1 %").arg(QLocale().toString(100 * confidence, 'f', 0));
        const int shareWidth = metrics.horizontalAdvance(share) + 4;
        painter->drawText(row, Qt::AlignRight | Qt::AlignVCenter, share);
        row.setRight(row.right() - shareWidth);
        const bool isDisagreement = index.data(ImageListModel::DisagreementRole).toBool();
        if (isDisagreement)
            painter->setPen(vis::FigureStyle::of(themeOf(option.palette)).highlight);
        const QString shown = isDisagreement
            ? ImagesView::tr("%1, not %2").arg(label, index.data(ImageListModel::TrueLabelRole).toString())
            : label;
        painter->drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                          metrics.elidedText(shown, Qt::ElideRight, row.width()));
    }
};

}  // namespace

void ImageOrder::setSort(Sort sort)
{
    m_sort = sort;
    // Without an order the lines stay as they came.
    sort == Sort::Opened ? QSortFilterProxyModel::sort(-1) : QSortFilterProxyModel::sort(0);
    invalidate();
}

void ImageOrder::setWords(const QString& text)
{
    m_words = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    invalidateFilter();
}

bool ImageOrder::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    if (m_words.isEmpty())
        return true;
    const QModelIndex index = sourceModel()->index(row, 0, parent);
    const QString text = index.data(Qt::DisplayRole).toString() + QLatin1Char(' ')
        + index.data(ImageListModel::PredictionRole).toString() + QLatin1Char(' ')
        + index.data(ImageListModel::TrueLabelRole).toString();
    return std::all_of(m_words.begin(), m_words.end(),
                       [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

bool ImageOrder::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const auto confidence
        = [](const QModelIndex& index) { return index.data(ImageListModel::ConfidenceRole).toDouble(); };
    switch (m_sort) {
    case Sort::Name:
        return QString::localeAwareCompare(left.data().toString(), right.data().toString()) < 0;
    case Sort::LeastSure:
    case Sort::MostSure: {
        // What is not predicted yet comes last either way.
        const double a = confidence(left) > 0 ? confidence(left) : (m_sort == Sort::LeastSure ? 2 : -1);
        const double b = confidence(right) > 0 ? confidence(right) : (m_sort == Sort::LeastSure ? 2 : -1);
        return m_sort == Sort::LeastSure ? a < b : a > b;
    }
    case Sort::Errors: {
        const auto gravity = [](const QModelIndex& index) {
            const bool hasFailed = !index.data(ImageListModel::ErrorRole).toString().isEmpty();
            return hasFailed ? 2 : index.data(ImageListModel::DisagreementRole).toBool() ? 1 : 0;
        };
        const int a = gravity(left);
        const int b = gravity(right);
        return a != b ? a > b : confidence(left) > confidence(right);
    }
    case Sort::Opened:
        break;
    }
    return left.row() < right.row();
}

ImageList::ImageList(QWidget* parent)
    : QListView(parent)
{
    setObjectName(QStringLiteral("imagesView"));
    setAccessibleName(ImagesView::tr("Images"));
    setItemDelegate(new ImageDelegate(this));
    setUniformItemSizes(true);
    setMouseTracking(true);
    setSelectionMode(SingleSelection);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

void ImageList::currentChanged(const QModelIndex& current, const QModelIndex& previous)
{
    QListView::currentChanged(current, previous);
    if (!m_isFollowing && current.isValid())
        Q_EMIT currentRowChosen(current);
}

void ImageList::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton) {
        event->accept();  // a context menu is about an image; asking for it does not show the image
        return;
    }
    m_pressed = indexAt(event->position().toPoint());
    m_pressedAt = event->position().toPoint();
    event->accept();
}

void ImageList::mouseMoveEvent(QMouseEvent* event)
{
    const bool isDrag = m_pressed.isValid() && (event->buttons() & Qt::LeftButton)
        && (event->position().toPoint() - m_pressedAt).manhattanLength() >= QApplication::startDragDistance();
    if (!isDrag) {
        QListView::mouseMoveEvent(event);
        return;
    }
    const QModelIndex dragged = m_pressed;
    m_pressed = QPersistentModelIndex();
    if (dragged.flags() & Qt::ItemIsDragEnabled)
        drag(dragged);
}

void ImageList::mouseReleaseEvent(QMouseEvent* event)
{
    // On release: what is dragged elsewhere is not shown on its way.
    const QModelIndex released = indexAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && m_pressed.isValid() && released == m_pressed)
        setCurrentIndex(released);
    m_pressed = QPersistentModelIndex();
    event->accept();
}

void ImageList::drag(const QModelIndex& index)
{
    auto* drag = new QDrag(this);
    drag->setMimeData(model()->mimeData({index}));
    const QImage image = index.data(Qt::DecorationRole).value<QImage>();
    if (!image.isNull()) {
        const QPixmap shown
            = QPixmap::fromImage(image.scaled(kThumbnail, kThumbnail, Qt::KeepAspectRatio, Qt::SmoothTransformation));
        drag->setPixmap(shown);
        drag->setHotSpot(QPoint(shown.width() / 2, shown.height() / 2));
    }
    drag->exec(Qt::CopyAction);
}

void ImageList::paintEvent(QPaintEvent* event)
{
    QListView::paintEvent(event);
    if (model() && model()->rowCount() > 0)
        return;
    const auto* order = qobject_cast<const ImageOrder*>(model());
    const bool isEmpty = !order || order->sourceModel()->rowCount() == 0;
    QPainter painter(viewport());
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(viewport()->rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap,
                     isEmpty ? ImagesView::tr("Drop images or a folder here")
                             : ImagesView::tr("No image has these words"));
}

ImagesView::ImagesView(QWidget* parent)
    : QWidget(parent)
    , m_filter(new QLineEdit(this))
    , m_sort(new QComboBox(this))
    , m_list(new ImageList(this))
    , m_count(new QLabel(this))
    , m_order(new ImageOrder(this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_filter->setObjectName(QStringLiteral("imageFilter"));
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setAccessibleName(tr("Filter the images"));
    m_filter->setToolTip(tr("Words of the name, the prediction or the folder"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAcceptDrops(false);
    m_sort->setObjectName(QStringLiteral("imageSortCombo"));
    m_sort->setAccessibleName(tr("Order of the images"));
    m_sort->setToolTip(tr("Order of the images. Errors: what failed, then predictions that are not the class that the "
                          "folder is named after"));
    m_sort->setMaximumWidth(128);
    m_sort->addItem(tr("as opened"), static_cast<int>(ImageOrder::Sort::Opened));
    m_sort->addItem(tr("by name"), static_cast<int>(ImageOrder::Sort::Name));
    m_sort->addItem(tr("least sure first"), static_cast<int>(ImageOrder::Sort::LeastSure));
    m_sort->addItem(tr("most sure first"), static_cast<int>(ImageOrder::Sort::MostSure));
    m_sort->addItem(tr("errors first"), static_cast<int>(ImageOrder::Sort::Errors));
    m_count->setContentsMargins(8, 2, 8, 3);
    m_count->setForegroundRole(QPalette::PlaceholderText);
    m_order->setDynamicSortFilter(true);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(6, 4, 6, 4);
    bar->setSpacing(4);
    bar->addWidget(m_filter, 1);
    bar->addWidget(m_sort);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_count);
    connect(m_filter, &QLineEdit::textChanged, m_order, &ImageOrder::setWords);
    connect(m_filter, &QLineEdit::textChanged, this, &ImagesView::refreshCount);
    connect(m_sort, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_order->setSort(static_cast<ImageOrder::Sort>(m_sort->itemData(index).toInt()));
        followDocument();
    });
}

void ImagesView::showErrorsFirst()
{
    m_sort->setCurrentIndex(m_sort->findData(static_cast<int>(ImageOrder::Sort::Errors)));
}

void ImagesView::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_order->setSourceModel(document->images());
    m_list->setModel(m_order);
    connect(document, &InspectionDocument::currentImageChanged, this, &ImagesView::followDocument);
    connect(document, &InspectionDocument::batchOpened, this, [this](int failed) {
        if (failed > 0)
            showErrorsFirst();
    });
    const auto show = [this](const QModelIndex& index) { m_document->showImage(m_order->mapToSource(index).row()); };
    connect(m_list, &ImageList::currentRowChosen, this, show);
    // Again, for an image whose run was cancelled.
    connect(m_list, &QListView::activated, this, show);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_list, &QWidget::customContextMenuRequested, this, &ImagesView::showMenu);
    connect(document->images(), &QAbstractItemModel::rowsInserted, m_list->viewport(), qOverload<>(&QWidget::update));
    connect(document->images(), &QAbstractItemModel::rowsInserted, this, &ImagesView::refreshCount);
    connect(document->images(), &QAbstractItemModel::dataChanged, this, &ImagesView::refreshCount);
    followDocument();
    refreshCount();
}

void ImagesView::followDocument()
{
    const QScopedValueRollback<bool> guard(m_list->m_isFollowing, true);
    const QModelIndex current = m_document->images()->index(m_document->currentImage(), 0);
    m_list->setCurrentIndex(m_order->mapFromSource(current));
    m_list->scrollTo(m_list->currentIndex());
}

void ImagesView::showMenu(const QPoint& point)
{
    const QModelIndex index = m_order->mapToSource(m_list->indexAt(point));
    if (!index.isValid())
        return;
    const QString path = m_document->images()->entry(index.row()).path;
    auto* menu = new QMenu(m_list);
    menu->setObjectName(QStringLiteral("imageMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Show"), this, [this, row = index.row()] { m_document->showImage(row); });
    QAction* compare = menu->addAction(tr("Compare with the shown image"), this,
                                       [this, path] { m_document->compareWithFile(CompareChoice::With::Image, path); });
    compare->setObjectName(QStringLiteral("compareImageAction"));
    menu->addSeparator();
    const bool isSource = m_document->detail() && !path.isEmpty() && index.row() != m_document->currentImage();
    const Selection& s = m_document->selection();
    const QString mixer = QString::fromStdString(s.mixer.shortName());
    QAction* output = menu->addAction(tr("Take over its output of %1").arg(mixer), this,
                                      [this, path, id = s.mixer] { patchOutput(*m_document, id, path); });
    output->setObjectName(QStringLiteral("patchOutputAction"));
    QAction* state = menu->addAction(tr("Take over its state after step %1 of %2").arg(s.step).arg(mixer), this,
                                     [this, path] { patchState(*m_document, path); });
    state->setObjectName(QStringLiteral("patchStateAction"));
    for (QAction* action : {compare, output, state})
        action->setEnabled(isSource);
    menu->popup(m_list->viewport()->mapToGlobal(point));
}

void ImagesView::refreshCount()
{
    const ImageListModel& images = *m_document->images();
    const ImageListModel::Counts counts = images.counts();
    QStringList parts;
    if (m_order->rowCount() != images.count())
        parts << tr("%1 of %2 images").arg(m_order->rowCount()).arg(images.count());
    else
        parts << tr("%n images", nullptr, images.count());
    if (counts.labelled > 0)
        parts << tr("%1 of %2 as labelled").arg(counts.labelled - counts.disagreements).arg(counts.labelled);
    m_count->setText(parts.join(QStringLiteral(" · ")));
    m_count->setVisible(images.count() > 1);
}

}  // namespace mixer::ui
