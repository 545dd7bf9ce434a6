// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

namespace mixer::ui {

/// A language that the window speaks.
struct Language {
    QString code;  ///< as of its files: "zh_CN"
    QString name;  ///< in the language itself
};

/// English first.
QList<Language> languages();
bool isLanguage(const QString& code);
/// The first of the languages a person prefers (BCP 47, as QLocale::uiLanguages lists them) that the window speaks;
/// English when it speaks none of them.
QString languageFor(const QStringList& preferred);
/// Whether a font of this machine can write it; without one its characters are empty boxes.
bool canWrite(const QString& code);
/// The name of a package with a font for it.
QString fontPackage(const QString& code);

/// While one lives, figures that its thread makes and writes are in English, whatever the window speaks: what goes into
/// files and the clipboard is for papers, and the same bytes everywhere.
class EnglishFigures {
public:
    EnglishFigures();
    ~EnglishFigures();
    EnglishFigures(const EnglishFigures&) = delete;
    EnglishFigures& operator=(const EnglishFigures&) = delete;
};

/// Windows that are made from now on speak it. Empty: as the system, if there is a font for it. Numbers stay the
/// system's. Unknown codes are English. Needs a QGuiApplication.
void speak(const QString& code);
/// What is spoken now.
QString spokenLanguage();

}  // namespace mixer::ui
