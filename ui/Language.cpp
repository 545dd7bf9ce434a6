// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/Language.h"

#include <QCoreApplication>
#include <QFontDatabase>
#include <QLibraryInfo>
#include <QLocale>
#include <QTranslator>

#include <algorithm>
#include <memory>

namespace mixer::ui {

namespace {

const QString kEnglish = QStringLiteral("en");
const QString kChinese = QStringLiteral("zh_CN");

/// Texts of Qt's own that the window shows, for machines without Qt's translations.
[[maybe_unused]] const char* const kButtons[] = {
    QT_TRANSLATE_NOOP("QPlatformTheme", "OK"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "Save"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "Open"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "&Yes"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "&No"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "Retry"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "Close"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "Cancel"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "Discard"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "Help"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "Apply"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "Reset"),
    QT_TRANSLATE_NOOP("QPlatformTheme", "Restore Defaults"),
};

thread_local int s_englishFigures = 0;

/// Silent about figures while they are for a file.
class OwnTranslator : public QTranslator {
public:
    QString translate(const char* context, const char* text, const char* hint, int count) const override
    {
        if (s_englishFigures > 0 && qstrcmp(context, "Figures") == 0)
            return {};
        return QTranslator::translate(context, text, hint, count);
    }
};

/// Qt's texts below, ours above; kept until the next call.
struct Spoken {
    QString code = kEnglish;
    QTranslator qt;
    OwnTranslator own;
};

std::unique_ptr<Spoken>& spoken()
{
    static std::unique_ptr<Spoken> current;
    return current;
}

}  // namespace

EnglishFigures::EnglishFigures()
{
    ++s_englishFigures;
}

EnglishFigures::~EnglishFigures()
{
    --s_englishFigures;
}

QList<Language> languages()
{
    return {{kEnglish, QStringLiteral("English")}, {kChinese, QStringLiteral("简体中文")}};
}

bool isLanguage(const QString& code)
{
    const QList<Language> known = languages();
    return std::any_of(known.begin(), known.end(), [&](const Language& language) { return language.code == code; });
}

QString languageFor(const QStringList& preferred)
{
    bool isTraditional = false;
    for (const QString& name : preferred) {
        const QLocale locale(name);
        if (locale.language() == QLocale::English)
            return kEnglish;
        if (locale.language() != QLocale::Chinese)
            continue;
        // Who reads traditional characters lists "zh" as well, last.
        if (locale.script() == QLocale::SimplifiedHanScript && !isTraditional)
            return kChinese;
        isTraditional = true;
    }
    return kEnglish;
}

bool canWrite(const QString& code)
{
    return code != kChinese || !QFontDatabase::families(QFontDatabase::SimplifiedChinese).isEmpty();
}

QString fontPackage(const QString& code)
{
    return code == kChinese ? QStringLiteral("fonts-noto-cjk") : QString();
}

void speak(const QString& wanted)
{
    QString code = wanted;
    if (code.isEmpty()) {
        code = languageFor(QLocale::system().uiLanguages());
        if (!canWrite(code))
            code = kEnglish;
    }
    spoken().reset();  // takes its translators away
    auto next = std::make_unique<Spoken>();
    if (isLanguage(code))
        next->code = code;
    if (next->code != kEnglish
        && next->qt.load(QStringLiteral("qtbase_") + next->code, QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QCoreApplication::installTranslator(&next->qt);
    if (next->own.load(QStringLiteral(":/mixerscope/translations/mixerscope_%1.qm").arg(next->code)))
        QCoreApplication::installTranslator(&next->own);
    spoken() = std::move(next);
}

QString spokenLanguage()
{
    return spoken() ? spoken()->code : kEnglish;
}

}  // namespace mixer::ui
