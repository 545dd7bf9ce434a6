// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/OutputNames.h"

#include "engine/core/Error.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>
#include <QStringList>

namespace mixer::vis {

namespace {

constexpr int kMostDigits = 9;

[[noreturn]] void usage(const QString& what)
{
    throw Error(ErrorKind::Usage, what.toStdString());
}

/// What stands in a name: a text may not lead out of its folder.
QString plainName(QString text)
{
    text.replace(QLatin1Char('/'), QLatin1Char('_'));
    return text == QLatin1String(".") || text == QLatin1String("..") ? QStringLiteral("_") : text;
}

QString valueOf(const QString& key, const OutputName& name)
{
    if (key == QLatin1String("image"))
        return plainName(name.image);
    if (key == QLatin1String("model"))
        return plainName(name.model);
    if (key == QLatin1String("mixer"))
        return plainName(name.mixer);
    if (key == QLatin1String("figure"))
        return plainName(name.figure);
    static const QRegularExpression index(QStringLiteral("^index(?::0([1-9]))?$"));
    const auto match = index.match(key);
    if (!match.hasMatch())
        usage(QStringLiteral("there is no placeholder {%1} for names; expected {image}, {model}, {mixer}, {figure}, "
                             "{index} or {index:03}; a brace itself is written twice")
                  .arg(key));
    const int digits = std::min(match.captured(1).toInt(), kMostDigits);
    return QStringLiteral("%1").arg(name.index, digits, 10, QLatin1Char('0'));
}

QString filled(const QString& pattern, const OutputName& name)
{
    QString text;
    for (qsizetype i = 0; i < pattern.size(); ++i) {
        const QChar c = pattern[i];
        const bool isDouble = i + 1 < pattern.size() && pattern[i + 1] == c;
        if ((c == QLatin1Char('{') || c == QLatin1Char('}')) && isDouble) {
            text += c;
            ++i;
        } else if (c == QLatin1Char('{')) {
            const qsizetype end = pattern.indexOf(QLatin1Char('}'), i);
            if (end < 0)
                usage(
                    QStringLiteral("the name %1 has a { without its }; a brace itself is written twice").arg(pattern));
            text += valueOf(pattern.mid(i + 1, end - i - 1), name);
            i = end;
        } else if (c == QLatin1Char('}')) {
            usage(QStringLiteral("the name %1 has a } without its {; a brace itself is written twice").arg(pattern));
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace

OutputNames::OutputNames(const QString& pattern, const QString& format, const QStringList& endings)
    : m_pattern(pattern)
{
    if (pattern.isEmpty())
        usage(QStringLiteral("the name of the output is empty"));
    if (pattern.endsWith(QLatin1Char('/')) || QFileInfo(pattern).isDir()) {
        // Braces in the name of a folder that is there are its own.
        if (QFileInfo(pattern).isDir())
            m_pattern.replace(QLatin1Char('{'), QStringLiteral("{{")).replace(QLatin1Char('}'), QStringLiteral("}}"));
        if (!m_pattern.endsWith(QLatin1Char('/')))
            m_pattern += QLatin1Char('/');
        m_pattern += QStringLiteral("{image}-{figure}.") + format;
        m_makesFolders = true;
    }
    const OutputName sample{QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c"), QStringLiteral("d"), 1};
    const QString path = filled(m_pattern, sample);
    const qsizetype slash = m_pattern.lastIndexOf(QLatin1Char('/'));
    m_makesFolders = m_makesFolders || filled(m_pattern.left(slash + 1), sample) != m_pattern.left(slash + 1);
    if (!endings.contains(QFileInfo(path).suffix().toLower()))
        usage(
            QStringLiteral("cannot tell the format of \"%1\": expected a name that ends in .%2, or a folder that ends "
                           "with /")
                .arg(pattern, endings.join(QStringLiteral(", ."))));
}

QString OutputNames::path(const OutputName& name) const
{
    return filled(m_pattern, name);
}

QStringList OutputNames::paths(const std::vector<OutputName>& names) const
{
    QStringList all;
    QSet<QString> known;
    for (const OutputName& name : names) {
        const QString path = filled(m_pattern, name);
        const QString absolute = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
        if (known.contains(absolute))
            usage(
                QStringLiteral("several figures would become %1: tell them apart with {image}, {figure} or {index} in "
                               "the name behind -o, or name a folder that ends with /")
                    .arg(path));
        known.insert(absolute);
        all << path;
    }
    return all;
}

void OutputNames::makeFolders(const QStringList& paths) const
{
    if (!m_makesFolders)
        return;
    for (const QString& path : paths)
        if (const QString folder = QFileInfo(path).path(); !QDir().mkpath(folder))
            throw Error(ErrorKind::File,
                        folder.toStdString() + ": the folder cannot be made; choose another or check its permissions");
}

}  // namespace mixer::vis
