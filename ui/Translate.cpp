// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/Translate.h"

#include <QRegularExpression>
#include <QStringList>

namespace mixer::ui {

namespace {

/// Phrases that the engine and the figures report while they work; numbers are placeholders, in their order.
[[maybe_unused]] const char* const kPhrases[] = {
    QT_TRANSLATE_NOOP("mixer::ui", "explaining the prediction"),
    QT_TRANSLATE_NOOP("mixer::ui", "measuring the map"),
    QT_TRANSLATE_NOOP("mixer::ui", "checking the attention"),
    QT_TRANSLATE_NOOP("mixer::ui", "reading the checkpoint"),
    QT_TRANSLATE_NOOP("mixer::ui", "building the network"),
    QT_TRANSLATE_NOOP("mixer::ui", "ready"),
    QT_TRANSLATE_NOOP("mixer::ui", "Reading the table"),
    QT_TRANSLATE_NOOP("mixer::ui", "frame %1 of %2"),
    QT_TRANSLATE_NOOP("mixer::ui", "image %1 of %2"),
    QT_TRANSLATE_NOOP("mixer::ui", "Running with the edits"),
    QT_TRANSLATE_NOOP("mixer::ui", "Looking into the mixer"),
    QT_TRANSLATE_NOOP("mixer::ui", "Preparing the image"),
    QT_TRANSLATE_NOOP("mixer::ui", "Decoding"),
};

}  // namespace

QString withoutMnemonic(const QString& text)
{
    static const QRegularExpression mark(QStringLiteral("\\(&.\\)|&(?=.)"));
    return QString(text).remove(mark);
}

QString engineText(const QString& english)
{
    static const QRegularExpression number(QStringLiteral("\\d+"));
    QString pattern;
    QStringList numbers;
    qsizetype end = 0;
    for (auto found = number.globalMatch(english); found.hasNext();) {
        const QRegularExpressionMatch match = found.next();
        numbers << match.captured();
        pattern += english.mid(end, match.capturedStart() - end) + QStringLiteral("%%1").arg(numbers.size());
        end = match.capturedEnd();
    }
    pattern += english.mid(end);
    const QByteArray known = pattern.toUtf8();
    QString text = QCoreApplication::translate("mixer::ui", known.constData());
    if (text == pattern)
        return english;
    for (const QString& value : numbers)
        text = text.arg(value);
    return text;
}

}  // namespace mixer::ui
