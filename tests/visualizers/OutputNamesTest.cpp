// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/OutputNames.h"

#include "engine/core/Error.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QTemporaryDir>

namespace mixer::vis {
namespace {

const QStringList kEndings = {QStringLiteral("png"), QStringLiteral("svg")};

OutputName name(const QString& image, const QString& figure = QStringLiteral("gates"), int index = 1)
{
    return {image, QStringLiteral("net"), QStringLiteral("stages.0.blocks.0.channel_mixer"), figure, index};
}

std::string filled(const QString& pattern, const OutputName& name)
{
    return OutputNames(pattern, QStringLiteral("png"), kEndings).path(name).toStdString();
}

std::string problemOf(const QString& pattern)
{
    try {
        filled(pattern, name(QStringLiteral("cat")));
        return {};
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Usage);
        return error.what();
    }
}

TEST(OutputNames, fillsPlaceholders)
{
    EXPECT_EQ(filled(QStringLiteral("a/{image}_{model}-{mixer}.{figure}.{index}.svg"), name(QStringLiteral("cat"))),
              "a/cat_net-stages.0.blocks.0.channel_mixer.gates.1.svg");
    EXPECT_EQ(filled(QStringLiteral("{index:03}.png"), name({}, {}, 7)), "007.png");
    EXPECT_EQ(filled(QStringLiteral("{index:03}.png"), name({}, {}, 12345)), "12345.png");
    EXPECT_EQ(filled(QStringLiteral("{{{image}}}.png"), name(QStringLiteral("cat"))), "{cat}.png");
    EXPECT_EQ(filled(QStringLiteral("out/"), name(QStringLiteral("cat"))), "out/cat-gates.png");
    // Text that looks like a placeholder stays text, and no name leads out of its folder.
    EXPECT_EQ(filled(QStringLiteral("{image}.png"), name(QStringLiteral("{model}"))), "{model}.png");
    EXPECT_EQ(filled(QStringLiteral("{image}/x.png"), name(QStringLiteral(".."))), "_/x.png");
    EXPECT_EQ(filled(QStringLiteral("{image}.png"), name(QStringLiteral("../../etc/x"))), ".._.._etc_x.png");
}

TEST(OutputNames, saysWhatIsWrongWithAPattern)
{
    EXPECT_NE(problemOf(QStringLiteral("{photo}.png")).find("{photo}"), std::string::npos);
    EXPECT_NE(problemOf(QStringLiteral("{index:3}.png")).find("{index:03}"), std::string::npos);
    EXPECT_NE(problemOf(QStringLiteral("{image.png")).find("without its }"), std::string::npos);
    EXPECT_NE(problemOf(QStringLiteral("image}.png")).find("without its {"), std::string::npos);
    EXPECT_NE(problemOf(QStringLiteral("{image}.docx")).find(".png, .svg"), std::string::npos);
    EXPECT_NE(problemOf(QStringLiteral("{image}")).find(".png, .svg"), std::string::npos);
    EXPECT_FALSE(problemOf({}).empty());
}

TEST(OutputNames, refusesTwoFiguresOfOneName)
{
    const OutputNames names(QStringLiteral("{image}.png"), QStringLiteral("png"), kEndings);
    EXPECT_EQ(names.paths({name(QStringLiteral("a")), name(QStringLiteral("b"))}).size(), 2);
    EXPECT_THROW(names.paths({name(QStringLiteral("a")), name(QStringLiteral("a"), QStringLiteral("state"))}), Error);
    const OutputNames twisted(QStringLiteral("{figure}/../{image}.png"), QStringLiteral("png"), kEndings);
    EXPECT_THROW(twisted.paths({name(QStringLiteral("a"), QStringLiteral("x")), name(QStringLiteral("a"))}), Error);
}

TEST(OutputNames, makesOnlyTheFoldersThatItWasAskedFor)
{
    const QTemporaryDir folder;
    const auto make = [&](const QString& pattern) {
        const OutputNames names(folder.filePath(pattern), QStringLiteral("png"), kEndings);
        names.makeFolders(names.paths({name(QStringLiteral("cat"))}));
    };
    make(QStringLiteral("new/"));
    EXPECT_TRUE(QDir(folder.filePath(QStringLiteral("new"))).exists());
    make(QStringLiteral("of/{image}/x.png"));
    EXPECT_TRUE(QDir(folder.filePath(QStringLiteral("of/cat"))).exists());
    make(QStringLiteral("mistyped/{image}.png"));
    EXPECT_FALSE(QDir(folder.filePath(QStringLiteral("mistyped"))).exists());
    // A folder that is there already keeps its braces.
    ASSERT_TRUE(QDir(folder.path()).mkdir(QStringLiteral("{x}")));
    const OutputNames existing(folder.filePath(QStringLiteral("{x}")), QStringLiteral("png"), kEndings);
    EXPECT_EQ(existing.path(name(QStringLiteral("cat"))), folder.filePath(QStringLiteral("{x}/cat-gates.png")));
}

}  // namespace
}  // namespace mixer::vis
