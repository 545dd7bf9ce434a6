// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/EditText.h"

#include "ui/Translate.h"

#include <QFileInfo>
#include <QStringList>

#include <algorithm>

namespace mixer::ui {

namespace {

QString text(const std::string& words)
{
    return QString::fromStdString(words);
}

QString number(double value)
{
    return QString::asprintf("%.4g", value);
}

QString joined(const std::vector<std::string>& words)
{
    QStringList list;
    for (const std::string& word : words)
        list << text(word);
    return list.join(tr(", ", "between items of a list"));
}

QString channelsText(const std::vector<int>& channels)
{
    constexpr std::size_t kNamed = 4;
    QStringList names;
    for (std::size_t i = 0; i < std::min(channels.size(), kNamed); ++i)
        names << QString::number(channels[i]);
    const QString named = names.join(tr(", ", "between items of a list"));
    if (channels.size() > kNamed)
        return tr("channels %1 and %2 more").arg(named).arg(channels.size() - kNamed);
    return (channels.size() == 1 ? tr("channel %1") : tr("channels %1")).arg(named);
}

/// `what` on painted tokens alone.
QString onTokens(const QString& what, const TokenMask& tokens)
{
    return tokens.isAll() ? what : tr("%1 on %2 painted tokens").arg(what).arg(tokens.tokens.size());
}

/// What a change does, without where.
struct Describe {
    Q_DECLARE_TR_FUNCTIONS(mixer::ui::Describe)
public:
    QString operator()(const ForceScans& c) const { return tr("only %1").arg(joined(c.scans)); }
    QString operator()(const ForbidScans& c) const { return tr("never %1").arg(joined(c.scans)); }
    QString operator()(const WeighScan& c) const { return tr("weight of %1 = %2").arg(text(c.scan), number(c.weight)); }
    QString operator()(const ReplaceOrder& c) const
    {
        const QString scan = c.scan.empty() ? tr("every scan") : text(c.scan);
        return c.name.empty() ? tr("%1 in the order that was drawn").arg(scan)
                              : tr("%1 in the order of %2").arg(scan, text(c.name));
    }
    QString operator()(const HoldChannels& c) const
    {
        const QString what = channelsText(c.channels);
        switch (c.at) {
        case HoldChannels::At::Zero:
            return tr("%1 held at 0").arg(what);
        case HoldChannels::At::Mean:
            return tr("%1 held at the mean").arg(what);
        case HoldChannels::At::Factor:
            break;
        }
        return tr("%1 times %2").arg(what, number(c.factor));
    }
    QString operator()(const ScaleDelta& c) const
    {
        QString what = tr("step size times %1").arg(number(c.factor));
        if (!c.channels.empty())
            what = tr("%1, %2", "an edit and its channels").arg(what, channelsText(c.channels));
        what = onTokens(what, c.tokens);
        return c.scan.empty() ? what : tr("%1, scan %2").arg(what, text(c.scan));
    }
    QString operator()(const SkipMixer&) const { return tr("skipped"); }
    QString operator()(const SetMixWeight& c) const
    {
        constexpr const char* kNames[] = {"alpha", "beta", "theta", "gamma"};
        return tr("stage %1: %2[%3,%4] = %5")
            .arg(c.stage + 1)
            .arg(QLatin1String(kNames[static_cast<int>(c.matrix)]))
            .arg(c.row)
            .arg(c.column)
            .arg(number(c.value));
    }
    QString operator()(const PatchOutput& c) const
    {
        return onTokens(tr("output of %1").arg(QFileInfo(text(c.image)).fileName()), c.tokens);
    }
    QString operator()(const PatchState& c) const
    {
        return tr("state of %1 after step %2 of %3")
            .arg(QFileInfo(text(c.image)).fileName(), QString::number(c.step), text(c.scan));
    }
};

}  // namespace

QString editText(const Edit& edit)
{
    const QString what = std::visit(Describe(), edit.change);
    if (std::holds_alternative<SetMixWeight>(edit.change))
        return what;
    if (edit.mixers.empty())
        return tr("all mixers: %1").arg(what);
    if (edit.mixers.size() > 1)
        return tr("%1 mixers: %2").arg(edit.mixers.size()).arg(what);
    return tr("%1: %2", "a mixer and its edit").arg(text(edit.mixers.front().shortName()), what);
}

}  // namespace mixer::ui
