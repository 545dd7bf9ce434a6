// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/ImagesView.h"

#include "ui/document/InspectionDocument.h"

#include <QLocale>
#include <QPainter>
#include <QScopedValueRollback>
#include <QStyledItemDelegate>

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
        painter->drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                          metrics.elidedText(label, Qt::ElideRight, row.width()));
    }
};

}  // namespace

ImagesView::ImagesView(QWidget* parent)
    : QListView(parent)
{
    setObjectName(QStringLiteral("imagesView"));
    setAccessibleName(tr("Images"));
    setItemDelegate(new ImageDelegate(this));
    setUniformItemSizes(true);
    setMouseTracking(true);
    setSelectionMode(SingleSelection);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

void ImagesView::setDocument(InspectionDocument* document)
{
    m_document = document;
    setModel(document->images());
    connect(document, &InspectionDocument::currentImageChanged, this, &ImagesView::followDocument);
    // Again, for an image whose run was cancelled.
    connect(this, &QListView::activated, document,
            [document](const QModelIndex& index) { document->showImage(index.row()); });
    connect(document->images(), &QAbstractItemModel::rowsInserted, viewport(), qOverload<>(&QWidget::update));
    followDocument();
}

void ImagesView::followDocument()
{
    const QScopedValueRollback<bool> guard(m_isFollowing, true);
    setCurrentIndex(model()->index(m_document->currentImage(), 0));
    scrollTo(currentIndex());
}

void ImagesView::currentChanged(const QModelIndex& current, const QModelIndex& previous)
{
    QListView::currentChanged(current, previous);
    if (!m_isFollowing && m_document && current.isValid())
        m_document->showImage(current.row());
}

void ImagesView::paintEvent(QPaintEvent* event)
{
    QListView::paintEvent(event);
    if (model() && model()->rowCount() > 0)
        return;
    QPainter painter(viewport());
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(viewport()->rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap,
                     tr("Drop images or a folder here"));
}

}  // namespace mixer::ui
