// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/CanvasVeil.h"

#include "ui/Translate.h"
#include "ui/document/InspectionDocument.h"
#include "ui/document/Opening.h"
#include "ui/window/ActivityWidget.h"

#include <QPainter>

#include <algorithm>

namespace mixer::ui {

namespace {

constexpr int kSampleMs = 100;
constexpr int kVeil = 150;  ///< of 255: the picture below is seen, and seen to be put aside
constexpr int kPadding = 16, kSpacing = 6, kBar = 4, kWidest = 460;

}  // namespace

CanvasVeil::CanvasVeil(QWidget* canvas)
    : QWidget(canvas)
{
    setObjectName(QStringLiteral("canvasVeil"));
    setAttribute(Qt::WA_TransparentForMouseEvents);
    m_timer.setInterval(kSampleMs);
    connect(&m_timer, &QTimer::timeout, this, &CanvasVeil::refresh);
    hide();
}

void CanvasVeil::setDocument(InspectionDocument* document)
{
    m_document = document;
    connect(&document->worker(), &InferenceWorker::busyChanged, this, [this](bool isBusy) {
        if (isBusy)
            m_timer.start();
        else
            m_timer.stop();
        refresh();
    });
}

void CanvasVeil::refresh()
{
    m_status = m_document->worker().status();
    const bool isShown = m_status.isBusy && m_status.elapsedMs >= ActivityWidget::kPatienceMs && isOpening(*m_document);
    setVisible(isShown);
    if (!isShown)
        return;
    setAccessibleName(lines().join(QLatin1Char('\n')));
    update();
}

QStringList CanvasVeil::lines() const
{
    QStringList lines{m_status.title};
    if (!m_status.stage.isEmpty())
        lines << engineText(m_status.stage);
    if (m_document->picture())
        lines << tr("Until then everything shown is of %1").arg(m_document->picture()->name);
    return lines;
}

void CanvasVeil::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor veil = palette().color(QPalette::Base);
    veil.setAlpha(m_document->picture() ? kVeil : 255);
    painter.fillRect(rect(), veil);

    const QStringList texts = lines();
    QFont bold = font();
    bold.setBold(true);
    const QFontMetrics metrics(bold);
    int width = 0;
    for (const QString& text : texts)
        width = std::max(width, metrics.horizontalAdvance(text));
    width = std::min({width, kWidest, rect().width() - 4 * kPadding});
    const int line = metrics.height();
    const int height = static_cast<int>(texts.size()) * (line + kSpacing) + kBar;
    QRect card(0, 0, width + 2 * kPadding, height + 2 * kPadding);
    card.moveCenter(rect().center());
    painter.setPen(palette().color(QPalette::Mid));
    painter.setBrush(palette().color(QPalette::Window));
    painter.drawRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);

    QRect row(card.left() + kPadding, card.top() + kPadding, width, line);
    for (int i = 0; i < texts.size(); ++i) {
        painter.setFont(i == 0 ? bold : font());
        painter.setPen(palette().color(i == 0 ? QPalette::Text : QPalette::PlaceholderText));
        painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(texts[i], Qt::ElideMiddle, width));
        row.translate(0, line + kSpacing);
        if (i > 0)
            continue;
        const QRectF track(row.left(), row.top() - 1, width, kBar);
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette().color(QPalette::Mid));
        painter.drawRoundedRect(track, kBar / 2, kBar / 2);
        painter.setBrush(palette().color(QPalette::Highlight));
        QRectF done = track;
        done.setWidth(track.width() * std::clamp(m_status.fraction, 0.0, 1.0));
        painter.drawRoundedRect(done, kBar / 2, kBar / 2);
        row.translate(0, kBar + kSpacing);
    }
}

}  // namespace mixer::ui
