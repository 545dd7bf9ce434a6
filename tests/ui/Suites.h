// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <vector>

namespace mixer::ui::testing {

struct Suite {
    QString name;
    std::function<std::unique_ptr<QObject>()> make;
};

std::unique_ptr<QObject> makeWorkerTest();
std::unique_ptr<QObject> makeDocumentTest();
std::unique_ptr<QObject> makeWindowTest();
std::unique_ptr<QObject> makeImagesTest();
std::unique_ptr<QObject> makeWhatIfTest();
std::unique_ptr<QObject> makeExportTest();
std::unique_ptr<QObject> makeModelTest();
std::unique_ptr<QObject> makeSessionTest();
std::unique_ptr<QObject> makeHabitsTest();
std::unique_ptr<QObject> makePatchTest();
std::unique_ptr<QObject> makeStoryTest();
std::unique_ptr<QObject> makeLanguageTest();
std::unique_ptr<QObject> makeCompareTest();
std::unique_ptr<QObject> makeGuideTest();

/// For a test that kills it: saves one session over another until the end of the process.
int saveForever(const QString& path);

/// Cheap ones first.
inline std::vector<Suite> suites()
{
    return {{QStringLiteral("worker"), makeWorkerTest},     {QStringLiteral("document"), makeDocumentTest},
            {QStringLiteral("guide"), makeGuideTest},       {QStringLiteral("images"), makeImagesTest},
            {QStringLiteral("window"), makeWindowTest},     {QStringLiteral("whatif"), makeWhatIfTest},
            {QStringLiteral("model"), makeModelTest},       {QStringLiteral("session"), makeSessionTest},
            {QStringLiteral("habits"), makeHabitsTest},     {QStringLiteral("patch"), makePatchTest},
            {QStringLiteral("export"), makeExportTest},     {QStringLiteral("compare"), makeCompareTest},
            {QStringLiteral("language"), makeLanguageTest}, {QStringLiteral("story"), makeStoryTest}};
}

}  // namespace mixer::ui::testing
